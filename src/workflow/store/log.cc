// The audit log.

#include <array>
#include <string_view>

#include "workflow/store.h"
#include "workflow/store/columns.h"

namespace tidemill::workflow {

using namespace store;  // NOLINT(google-build-using-namespace): the rows of this module

namespace {

Condition condition_of(const LogFilter& filter) {
  Condition condition;
  condition.add_text("dag_id", filter.dag_id);
  condition.add_text("run_id", filter.run_id);
  condition.add_text("task_id", filter.task_id);
  condition.add_text("event", filter.event);
  condition.add_text("owner", filter.owner);
  condition.add_any("event", filter.events);
  condition.add_none("event", filter.excluded_events);
  condition.add_pattern("dag_id", filter.dag_id_pattern);
  condition.add_pattern("run_id", filter.run_id_pattern);
  condition.add_pattern("task_id", filter.task_id_pattern);
  condition.add_pattern("event", filter.event_pattern);
  condition.add_pattern("owner", filter.owner_pattern);
  if (filter.try_number) condition.add("try_number = ?", {*filter.try_number});
  condition.add_range("dttm_ms", filter.from_ms, filter.to_ms);
  return condition;
}

constexpr char kSelect[] =
    "SELECT id, dttm_ms, event, dag_id, run_id, task_id, try_number, owner, extra FROM log ";

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kOrders = {
    {{"id", "id"},
     {"dttm", "dttm_ms"},
     {"dag_id", "dag_id COLLATE \"C\""},
     {"task_id", "task_id COLLATE \"C\""},
     {"run_id", "run_id COLLATE \"C\""},
     {"event", "event COLLATE \"C\""},
     {"owner", "owner COLLATE \"C\""},
     {"extra", "extra COLLATE \"C\""}}};

LogEntry entry_from(const Row& row) {
  Columns columns(row);
  LogEntry entry;
  entry.id = columns.integer();
  entry.dttm_ms = columns.integer();
  entry.event = columns.text();
  entry.dag_id = columns.optional_text();
  entry.run_id = columns.optional_text();
  entry.task_id = columns.optional_text();
  entry.try_number = columns.optional_integer();
  entry.owner = columns.text();
  entry.extra = columns.optional_text();
  return entry;
}

}  // namespace

void Store::log(const LogEntry& entry) {
  write(
      "INSERT INTO log (dttm_ms, event, dag_id, run_id, task_id, try_number, owner, extra) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      {entry.dttm_ms, entry.event, nullable(entry.dag_id), nullable(entry.run_id), nullable(entry.task_id),
       nullable(entry.try_number), entry.owner, nullable(entry.extra)});
}

std::optional<LogEntry> Store::find_log_entry(int64_t id) {
  const auto row = database_.query_first(std::string(kSelect) + "WHERE id = ?", {id});
  if (!row) return std::nullopt;
  return entry_from(*row);
}

std::vector<LogEntry> Store::list_log(const LogFilter& filter, const Page& page) {
  const Condition condition = condition_of(filter);
  std::vector<LogEntry> entries;
  for (const Row& row : database_.query(fmt::format("{}{} {} LIMIT ? OFFSET ?", kSelect, condition.sql,
                                                    order_of(filter.order_by, kOrders, "id")),
                                        condition.values_with(page))) {
    entries.push_back(entry_from(row));
  }
  return entries;
}

int64_t Store::count_log(const LogFilter& filter) {
  const Condition condition = condition_of(filter);
  return database_.query_first("SELECT count(*) FROM log " + condition.sql, condition.values)->integer(0);
}

}  // namespace tidemill::workflow
