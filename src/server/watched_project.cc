#include "server/watched_project.h"

#include "server/airflow/wait_line.h"
#include "workflow/store.h"

namespace tidemill::server {
namespace {

class Project final : public WatchedProject {
 public:
  explicit Project(std::unique_ptr<dags::Services> services)
      : services_(std::move(services)), store_(services_->metadata_for_writing()) {}

  int64_t change_number() override { return metadata::change_number(store_.database()); }

  std::map<std::pair<std::string, std::string>, workflow::RunState> unfinished_runs() override {
    return store_.unfinished_runs();
  }

  std::optional<std::string> last_wait_line(const std::string& dag_id, const std::string& run_id,
                                            const std::vector<std::string>& result_task_ids) override {
    const auto run = store_.find_run(dag_id, run_id);
    if (!run) return "";
    if (!is_finished(run->state)) return std::nullopt;
    return airflow::wait_line(store_, *run, result_task_ids);
  }

 private:
  std::unique_ptr<dags::Services> services_;
  workflow::Store store_;
};

}  // namespace

std::unique_ptr<WatchedProject> watched(std::unique_ptr<dags::Services> project) {
  return std::make_unique<Project>(std::move(project));
}

}  // namespace tidemill::server
