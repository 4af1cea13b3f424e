#pragma once
// For tests: who hears what schedulers tell.

#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/json.h"
#include "workflow/scheduler/callback_runner.h"

namespace tidemill::workflow::chaos {

// "on_failure by_cron RUN TASK"; of a run as a whole without a task.
inline std::string heard_as(const std::string& event, const std::string& dag_id, const std::string& run_id,
                            const std::string& task_id = "") {
  return fmt::format("{} {} {} {}", event, dag_id, run_id, task_id);
}

class SimulatedCallbacks final : public CallbackRunner {
 public:
  // `heard`: by whatever scheduler.
  explicit SimulatedCallbacks(std::set<std::string>& heard) : heard_(heard) {}
  void submit(CallbackCall call) override {
    const Json document = parse_json(call.document, "a callback's document");
    heard_.insert(heard_as(document.at("event"), document.at("dag_id"), document.at("run_id"),
                           document.value("task_id", "")));
    finished_.push_back({call.id});
  }
  std::vector<FinishedCallback> take_finished() override { return std::exchange(finished_, {}); }

 private:
  std::set<std::string>& heard_;
  std::vector<FinishedCallback> finished_;
};

}  // namespace tidemill::workflow::chaos
