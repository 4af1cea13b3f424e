#pragma once
// What ProjectWatcher asks of a project.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "dags/services.h"
#include "workflow/states.h"

namespace tidemill::server {

// Used by one thread. Errors of all: those of the database.
class WatchedProject {
 public:
  virtual ~WatchedProject() = default;

  // metadata::change_number.
  virtual int64_t change_number() = 0;
  // By DAG and run.
  virtual std::map<std::pair<std::string, std::string>, workflow::RunState> unfinished_runs() = 0;
  // What ends an answer of airflow::wait_line: "" when there is no such run any more, nullopt when it is not
  // over.
  virtual std::optional<std::string> last_wait_line(const std::string& dag_id, const std::string& run_id,
                                                    const std::vector<std::string>& result_task_ids) = 0;
};

std::unique_ptr<WatchedProject> watched(std::unique_ptr<dags::Services> project);

}  // namespace tidemill::server
