#include "server/airflow/wait_line.h"

#include "base/json.h"

namespace tidemill::server::airflow {
namespace {

std::string line_of(const Json& document) {
  return document.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string wait_line(workflow::Store& store, const workflow::DagRun& run,
                      const std::vector<std::string>& result_task_ids) {
  Json line = {{"state", name_of(run.state)}};
  if (is_finished(run.state) && !result_task_ids.empty()) {
    const auto values = store.xcoms_named(run.dag_id, run.run_id, "return_value");
    for (const std::string& task_id : result_task_ids) {
      if (const auto found = values.find(task_id); found != values.end())
        line["results"][task_id] = found->second;
    }
  }
  return line_of(line);
}

std::string wait_line(workflow::RunState state) {
  return line_of({{"state", name_of(state)}});
}

}  // namespace tidemill::server::airflow
