// Backfills and the runs that they are of.

#include "workflow/store.h"
#include "workflow/store/columns.h"

namespace tidemill::workflow {

using namespace store;  // NOLINT(google-build-using-namespace): the rows of this module

namespace {

constexpr char kSelect[] =
    "SELECT id, dag_id, from_ms, to_ms, conf, is_paused, reprocess_behavior, max_active_runs, created_at_ms, "
    "completed_at_ms FROM backfill ";

std::vector<Backfill> backfills_from(const std::vector<Row>& rows) {
  std::vector<Backfill> backfills;
  for (const Row& row : rows) {
    Columns columns(row);
    Backfill backfill;
    backfill.id = columns.integer();
    backfill.dag_id = columns.text();
    backfill.from_ms = columns.integer();
    backfill.to_ms = columns.integer();
    backfill.conf = columns.text();
    backfill.is_paused = columns.boolean();
    backfill.reprocess_behavior = columns.named(reprocess_behavior_named);
    backfill.max_active_runs = columns.small();
    backfill.created_at_ms = columns.integer();
    backfill.completed_at_ms = columns.optional_integer();
    backfills.push_back(std::move(backfill));
  }
  return backfills;
}

std::optional<Backfill> first_of(std::vector<Backfill> backfills) {
  if (backfills.empty()) return std::nullopt;
  return std::move(backfills.front());
}

}  // namespace

int64_t Store::add_backfill(const Backfill& backfill, const std::vector<BackfillRun>& runs) {
  metadata::Transaction transaction(database_);
  const int64_t id =
      write_returning(
          "INSERT INTO backfill (dag_id, from_ms, to_ms, conf, is_paused, reprocess_behavior, "
          "max_active_runs, "
          "created_at_ms, completed_at_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
          {backfill.dag_id, backfill.from_ms, backfill.to_ms, backfill.conf,
           boolean_value(backfill.is_paused), name_value(backfill.reprocess_behavior),
           int64_t{backfill.max_active_runs}, backfill.created_at_ms, nullable(backfill.completed_at_ms)})
          .front()
          .integer(0);
  int64_t ordinal = 0;
  for (const BackfillRun& run : runs) {
    write(
        "INSERT INTO backfill_dag_run (backfill_id, sort_ordinal, logical_date_ms, dag_run_id, "
        "exception_reason) "
        "VALUES (?, ?, ?, ?, ?)",
        {id, ++ordinal, run.logical_date_ms, nullable(run.dag_run_id), nullable(run.exception_reason)});
  }
  transaction.commit();
  return id;
}

std::optional<Backfill> Store::find_backfill(int64_t id) {
  return first_of(backfills_from(database_.query(std::string(kSelect) + "WHERE id = ?", {id})));
}

std::optional<Backfill> Store::active_backfill(const std::string& dag_id) {
  return first_of(backfills_from(
      database_.query(std::string(kSelect) + "WHERE dag_id = ? AND completed_at_ms IS NULL", {dag_id})));
}

std::vector<Backfill> Store::list_backfills(const std::string& dag_id) {
  if (dag_id.empty()) return backfills_from(database_.query(std::string(kSelect) + "ORDER BY id", {}));
  return backfills_from(database_.query(std::string(kSelect) + "WHERE dag_id = ? ORDER BY id", {dag_id}));
}

std::vector<BackfillRun> Store::runs_of_backfill(int64_t id) {
  std::vector<BackfillRun> runs;
  for (const Row& row : database_.query(
           "SELECT logical_date_ms, dag_run_id, exception_reason FROM backfill_dag_run WHERE backfill_id = ? "
           "ORDER BY sort_ordinal",
           {id})) {
    runs.push_back({row.integer(0), row.optional_integer(1), row.optional_text(2)});
  }
  return runs;
}

void Store::update_backfill(const Backfill& backfill) {
  write("UPDATE backfill SET is_paused = ?, completed_at_ms = ? WHERE id = ?",
        {boolean_value(backfill.is_paused), nullable(backfill.completed_at_ms), backfill.id});
}

}  // namespace tidemill::workflow
