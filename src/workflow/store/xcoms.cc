// What tasks returned.

#include "workflow/store.h"
#include "workflow/store/columns.h"

namespace tidemill::workflow {

using namespace store;  // NOLINT(google-build-using-namespace): the rows of this module

void Store::set_xcom(const TaskKey& key, const std::string& name, const std::string& value, int64_t now_ms) {
  database_.execute(
      "INSERT INTO xcom (dag_id, run_id, task_id, key, value, timestamp_ms) VALUES (?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (dag_id, run_id, task_id, key) DO UPDATE SET value = excluded.value, "
      "timestamp_ms = excluded.timestamp_ms",
      {key.dag_id, key.run_id, key.task_id, name, value, now_ms});
}

void Store::delete_xcoms(const TaskKey& key) {
  database_.execute("DELETE FROM xcom WHERE dag_id = ? AND run_id = ? AND task_id = ?",
                    {key.dag_id, key.run_id, key.task_id});
}

std::vector<XCom> Store::xcoms_of(const std::string& dag_id, const std::string& run_id) {
  std::vector<XCom> xcoms;
  for (const Row& row :
       database_.query("SELECT task_id, key, value, timestamp_ms FROM xcom WHERE dag_id = ? AND run_id = ? "
                       "ORDER BY task_id COLLATE \"C\", key COLLATE \"C\"",
                       {dag_id, run_id})) {
    xcoms.push_back({row.text(0), row.text(1), row.text(2), row.integer(3)});
  }
  return xcoms;
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
