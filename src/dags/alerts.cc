#include "dags/alerts.h"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::dags {
namespace {

using workflow::Callback;
using workflow::Dag;
using workflow::Task;

struct TaskEventName {
  std::string_view name;
  std::vector<Callback> Task::*callbacks;
};
struct RunEventName {
  std::string_view name;
  std::vector<Callback> Dag::*callbacks;
};

constexpr std::array<TaskEventName, 5> kTaskEvents = {{{"task_execute", &Task::on_execute},
                                                       {"task_success", &Task::on_success},
                                                       {"task_failure", &Task::on_failure},
                                                       {"task_retry", &Task::on_retry},
                                                       {"task_skipped", &Task::on_skipped}}};
constexpr std::array<RunEventName, 2> kRunEvents = {
    {{"run_success", &Dag::on_success}, {"run_failure", &Dag::on_failure}}};
constexpr std::string_view kDeadline = "deadline";

bool is_meant(const std::vector<std::string>& ids, const std::string& id) {
  return ids.empty() || std::find(ids.begin(), ids.end(), id) != ids.end();
}

void add_event(const AlertOptions& alert, const std::string& event, Dag& dag) {
  for (const TaskEventName& known : kTaskEvents) {
    if (known.name != event) continue;
    for (Task& task : dag.tasks) {
      if (is_meant(alert.tasks, task.id)) (task.*known.callbacks).push_back(alert.callback);
    }
    return;
  }
  for (const RunEventName& known : kRunEvents) {
    if (known.name == event) return (dag.*known.callbacks).push_back(alert.callback);
  }
  if (event != kDeadline || !alert.deadline_s) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("alert {}: no event '{}'", alert.callback.name, event));
  }
  dag.deadlines.push_back({alert.deadline_from, *alert.deadline_s * 1000, {alert.callback}});
}

}  // namespace

const std::vector<std::string>& alert_event_names() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const TaskEventName& known : kTaskEvents) names.emplace_back(known.name);
    for (const RunEventName& known : kRunEvents) names.emplace_back(known.name);
    names.emplace_back(kDeadline);
    return names;
  }();
  return kNames;
}

void add_alerts(const std::vector<AlertOptions>& alerts, Dag& dag) {
  for (const AlertOptions& alert : alerts) {
    if (!is_meant(alert.dags, dag.id)) continue;
    for (const std::string& event : alert.events) add_event(alert, event, dag);
  }
}

}  // namespace tidemill::dags
