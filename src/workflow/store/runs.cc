// Runs of DAGs.

#include <array>
#include <string_view>

#include "workflow/store.h"
#include "workflow/store/columns.h"

namespace tidemill::workflow {

using namespace store;  // NOLINT(google-build-using-namespace): the rows of this module

namespace {

constexpr char kRunColumns[] =
    "id, dag_id, run_id, run_type, state, logical_date_ms, data_interval_start_ms, data_interval_end_ms, "
    "run_after_ms, queued_at_ms, start_ms, end_ms, last_scheduling_decision_ms, conf, triggered_by, "
    "triggering_user_name, note, backfill_id, clear_number";

constexpr char kIsNoTest[] = "(triggered_by <> 'test' OR clear_number > 0)";
constexpr char kNewestOfDate[] = "WHERE dag_id = ? AND logical_date_ms = ? AND {} ORDER BY id DESC LIMIT 1";

DagRun run_from(const Row& row) {
  Columns columns(row);
  DagRun run;
  run.id = columns.integer();
  run.dag_id = columns.text();
  run.run_id = columns.text();
  run.run_type = columns.named(run_type_named);
  run.state = columns.named(run_state_named);
  run.logical_date_ms = columns.optional_integer();
  run.data_interval_start_ms = columns.optional_integer();
  run.data_interval_end_ms = columns.optional_integer();
  run.run_after_ms = columns.integer();
  run.queued_at_ms = columns.integer();
  run.start_ms = columns.optional_integer();
  run.end_ms = columns.optional_integer();
  run.last_scheduling_decision_ms = columns.optional_integer();
  run.conf = columns.text();
  run.triggered_by = columns.named(triggered_by_named);
  run.triggering_user_name = columns.optional_text();
  run.note = columns.optional_text();
  run.backfill_id = columns.optional_integer();
  run.clear_number = columns.small();
  return run;
}

std::optional<DagRun> first_run(const std::optional<Row>& row) {
  if (!row) return std::nullopt;
  return run_from(*row);
}

std::string select_runs(std::string_view rest) {
  return fmt::format("SELECT {} FROM dag_run {}", kRunColumns, rest);
}

Condition condition_of(const RunFilter& filter) {
  Condition condition;
  condition.add_text("dag_id", filter.dag_id);
  condition.add_any("dag_id", filter.dag_ids);
  condition.add_pattern("dag_id", filter.dag_id_pattern);
  condition.add_pattern("run_id", filter.run_id_pattern);
  condition.add_pattern("triggering_user_name", filter.user_pattern);
  if (!filter.conf_contains.empty()) {
    // '%' and '_' are letters here.
    std::string like;
    for (const char c : filter.conf_contains) {
      if (c == '%' || c == '_' || c == '\\') like += '\\';
      like += c;
    }
    condition.add("conf LIKE ? ESCAPE '\\'", {"%" + like + "%"});
  }
  condition.add_any("state", filter.states);
  condition.add_any("run_type", filter.run_types);
  if (filter.backfill_id) condition.add("backfill_id = ?", {*filter.backfill_id});
  if (filter.leaves_out_backfills) condition.add("backfill_id IS NULL", {});
  if (filter.leaves_out_tests) condition.add(kIsNoTest, {});
  condition.add_range("logical_date_ms", filter.logical_date_from_ms, filter.logical_date_to_ms);
  condition.add_range("run_after_ms", filter.run_after_from_ms, filter.run_after_to_ms);
  condition.add_range("start_ms", filter.start_date_from_ms, filter.start_date_to_ms);
  condition.add_range("end_ms", filter.end_date_from_ms, filter.end_date_to_ms);
  condition.add_seconds("start_ms", "end_ms", filter.duration_from_s, filter.duration_to_s);
  return condition;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kOrders = {
    {{"id", "id"},
     {"dag_id", "dag_id COLLATE \"C\""},
     {"run_id", "run_id COLLATE \"C\""},
     {"logical_date", "logical_date_ms"},
     {"run_after", "run_after_ms"},
     {"start_date", "start_ms"},
     {"end_date", "end_ms"},
     {"state", "state COLLATE \"C\""},
     {"run_type", "run_type COLLATE \"C\""},
     {"conf", "conf COLLATE \"C\""},
     {"duration", "(end_ms - start_ms)"}}};

std::vector<DagRun> runs_from(const std::vector<Row>& rows) {
  std::vector<DagRun> runs;
  runs.reserve(rows.size());
  for (const Row& row : rows) runs.push_back(run_from(row));
  return runs;
}

}  // namespace

int64_t Store::add_run(const DagRun& run) {
  const auto rows = write_returning(
      "INSERT INTO dag_run (dag_id, run_id, run_type, state, logical_date_ms, data_interval_start_ms, "
      "data_interval_end_ms, run_after_ms, queued_at_ms, start_ms, end_ms, conf, triggered_by, "
      "triggering_user_name, note, "
      "backfill_id, clear_number) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (dag_id, run_id) DO NOTHING RETURNING id",
      {run.dag_id, run.run_id, name_value(run.run_type), name_value(run.state), nullable(run.logical_date_ms),
       nullable(run.data_interval_start_ms), nullable(run.data_interval_end_ms), run.run_after_ms,
       run.queued_at_ms, nullable(run.start_ms), nullable(run.end_ms), run.conf, name_value(run.triggered_by),
       nullable(run.triggering_user_name), nullable(run.note), nullable(run.backfill_id),
       int64_t{run.clear_number}});
  if (!rows.empty()) return rows.front().integer(0);
  throw Error(ErrorCode::kAlreadyExists,
              fmt::format("A DAG Run already exists for DAG {} with run id {}", run.dag_id, run.run_id));
}

std::optional<DagRun> Store::find_run(const std::string& dag_id, const std::string& run_id) {
  return first_run(database_.query_first(select_runs("WHERE dag_id = ? AND run_id = ?"), {dag_id, run_id}));
}

std::optional<DagRun> Store::find_run(int64_t id) {
  return first_run(database_.query_first(select_runs("WHERE id = ?"), {id}));
}

std::optional<DagRun> Store::find_run_of(const std::string& dag_id, int64_t logical_date_ms) {
  const std::string sql = fmt::format(kNewestOfDate, kIsNoTest);
  return first_run(database_.query_first(select_runs(sql), {dag_id, logical_date_ms}));
}

std::optional<DagRun> Store::find_test_of(const std::string& dag_id, int64_t logical_date_ms) {
  const std::string sql = fmt::format(kNewestOfDate, std::string("NOT ") + kIsNoTest);
  return first_run(database_.query_first(select_runs(sql), {dag_id, logical_date_ms}));
}

std::vector<DagRun> Store::list_runs(const RunFilter& filter, const Page& page) {
  const Condition condition = condition_of(filter);
  const std::string sql = select_runs(
      fmt::format("{} {} LIMIT ? OFFSET ?", condition.sql, order_of(filter.order_by, kOrders, "id")));
  return runs_from(database_.query(sql, condition.values_with(page)));
}

std::map<std::pair<std::string, std::string>, RunState> Store::unfinished_runs() {
  std::map<std::pair<std::string, std::string>, RunState> states;
  for (const Row& row :
       database_.query("SELECT dag_id, run_id, state FROM dag_run WHERE state IN ('queued', 'running')")) {
    states.emplace(std::pair(row.text(0), row.text(1)), *run_state_named(row.text(2)));
  }
  return states;
}

int64_t Store::count_runs(const RunFilter& filter) {
  const Condition condition = condition_of(filter);
  return database_.query_first("SELECT count(*) FROM dag_run " + condition.sql, condition.values)->integer(0);
}

void Store::update_run(const DagRun& run) {
  write(
      "UPDATE dag_run SET state = ?, queued_at_ms = ?, start_ms = ?, end_ms = ?, last_scheduling_decision_ms "
      "= ?, "
      "conf = ?, note = ?, backfill_id = ?, clear_number = ? WHERE id = ?",
      {name_value(run.state), run.queued_at_ms, nullable(run.start_ms), nullable(run.end_ms),
       nullable(run.last_scheduling_decision_ms), run.conf, nullable(run.note), nullable(run.backfill_id),
       int64_t{run.clear_number}, run.id});
}

std::vector<DagRun> Store::runs_of_asset_event(int64_t event_id) {
  return runs_from(database_.query(
      select_runs("WHERE id IN (SELECT dag_run_id FROM dag_run_asset_event WHERE event_id = ?) ORDER BY id"),
      {event_id}));
}

void Store::delete_run(const std::string& dag_id, const std::string& run_id) {
  metadata::Transaction transaction(database_);
  for (const char* table : {"task_instance", "task_instance_history", "xcom"}) {
    write(fmt::format("DELETE FROM {} WHERE dag_id = ? AND run_id = ?", table), {dag_id, run_id});
  }
  for (const char* table : {"dag_run_asset_event", "deadline"}) {
    write(fmt::format("DELETE FROM {} WHERE dag_run_id IN (SELECT id FROM dag_run WHERE dag_id = ? AND "
                      "run_id = ?)",
                      table),
          {dag_id, run_id});
  }
  write("DELETE FROM dag_run WHERE dag_id = ? AND run_id = ?", {dag_id, run_id});
  transaction.commit();
}

}  // namespace tidemill::workflow
