// The audit log.

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
  condition.add_range("dttm_ms", filter.from_ms, filter.to_ms);
  return condition;
}

}  // namespace

void Store::log(const LogEntry& entry) {
  database_.execute(
      "INSERT INTO log (dttm_ms, event, dag_id, run_id, task_id, try_number, owner, extra) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      {entry.dttm_ms, entry.event, nullable(entry.dag_id), nullable(entry.run_id), nullable(entry.task_id),
       nullable(entry.try_number), entry.owner, nullable(entry.extra)});
}

std::vector<LogEntry> Store::list_log(const LogFilter& filter, const Page& page) {
  const Condition condition = condition_of(filter);
  std::vector<LogEntry> entries;
  for (const Row& row :
       database_.query("SELECT id, dttm_ms, event, dag_id, run_id, task_id, try_number, owner, extra "
                       "FROM log " +
                           condition.sql + " ORDER BY id DESC LIMIT ? OFFSET ?",
                       condition.values_with(page))) {
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
    entries.push_back(std::move(entry));
  }
  return entries;
}

int64_t Store::count_log(const LogFilter& filter) {
  const Condition condition = condition_of(filter);
  return database_.query_first("SELECT count(*) FROM log " + condition.sql, condition.values)->integer(0);
}

}  // namespace tidemill::workflow
