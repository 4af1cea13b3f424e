// What tasks returned.

#include <array>
#include <string_view>

#include "workflow/store.h"
#include "workflow/store/columns.h"

namespace tidemill::workflow {

using namespace store;  // NOLINT(google-build-using-namespace): the rows of this module

void Store::set_xcom(const TaskKey& key, const std::string& name, const std::string& value, int64_t now_ms) {
  write(
      "INSERT INTO xcom (dag_id, run_id, task_id, key, value, timestamp_ms) VALUES (?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (dag_id, run_id, task_id, key) DO UPDATE SET value = excluded.value, "
      "timestamp_ms = excluded.timestamp_ms",
      {key.dag_id, key.run_id, key.task_id, name, value, now_ms});
}

void Store::delete_xcoms(const TaskKey& key) {
  write("DELETE FROM xcom WHERE dag_id = ? AND run_id = ? AND task_id = ?",
        {key.dag_id, key.run_id, key.task_id});
}

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kOrders = {
    {{"dag_id", "dag_id COLLATE \"C\""},
     {"run_id", "run_id COLLATE \"C\""},
     {"task_id", "task_id COLLATE \"C\""},
     {"key", "key COLLATE \"C\""},
     {"timestamp", "timestamp_ms"}}};

Condition condition_of(const XComFilter& filter) {
  Condition condition;
  condition.add_text("dag_id", filter.dag_id);
  condition.add_text("run_id", filter.run_id);
  condition.add_text("task_id", filter.task_id);
  condition.add_text("key", filter.key);
  condition.add_pattern("run_id", filter.run_id_pattern);
  condition.add_pattern("task_id", filter.task_id_pattern);
  condition.add_pattern("key", filter.key_pattern);
  return condition;
}

}  // namespace

std::vector<XCom> Store::xcoms_of(const std::string& dag_id, const std::string& run_id) {
  XComFilter filter;
  filter.dag_id = dag_id;
  filter.run_id = run_id;
  filter.order_by = "task_id,key";
  return list_xcoms(filter, {-1});
}

std::vector<XCom> Store::list_xcoms(const XComFilter& filter, const Page& page) {
  const Condition condition = condition_of(filter);
  std::vector<XCom> xcoms;
  for (const Row& row : database_.query(
           fmt::format("SELECT dag_id, run_id, task_id, key, value, timestamp_ms FROM xcom {} {} LIMIT ? "
                       "OFFSET ?",
                       condition.sql, order_of(filter.order_by, kOrders, "key")),
           condition.values_with(page))) {
    xcoms.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.text(4), row.integer(5)});
  }
  return xcoms;
}

int64_t Store::count_xcoms(const XComFilter& filter) {
  const Condition condition = condition_of(filter);
  return database_.query_first("SELECT count(*) FROM xcom " + condition.sql, condition.values)->integer(0);
}

std::map<std::string, std::string> Store::xcoms_named(const std::string& dag_id, const std::string& run_id,
                                                      const std::string& key) {
  std::map<std::string, std::string> values;
  for (const Row& row :
       database_.query("SELECT task_id, value FROM xcom WHERE dag_id = ? AND run_id = ? AND key = ?",
                       {dag_id, run_id, key})) {
    values.emplace(row.text(0), row.text(1));
  }
  return values;
}

}  // namespace tidemill::workflow
