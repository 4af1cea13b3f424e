#include "workflow/executor/in_process.h"

#include <utility>

#include <unistd.h>

#include "base/error.h"

namespace tidemill::workflow {

void InProcessExecutor::launch(TaskLaunch launch) {
  if (launched_) throw Error(ErrorCode::kResourceExhausted, "one task at a time");
  launched_ = std::move(launch);
  events_.push_back(event(TaskEvent::Kind::kStarted));
}

// Only what has not begun yet.
void InProcessExecutor::cancel(const std::string& task_instance_id) {
  if (!launched_ || launched_->task_instance_id != task_instance_id) return;
  TaskEvent end = event(TaskEvent::Kind::kEnded);
  end.cancelled = true;
  launched_.reset();
  events_.push_back(std::move(end));
}

std::vector<TaskEvent> InProcessExecutor::take_events() {
  return std::exchange(events_, {});
}

void InProcessExecutor::run_task() {
  TaskReport report;
  try {
    report = run_task_(*launched_);
  } catch (const std::exception& error) {
    report = {TaskReport::Outcome::kFailed, "", "", error.what()};
  }
  TaskEvent end = event(TaskEvent::Kind::kEnded);
  end.report = std::move(report);
  launched_.reset();
  events_.push_back(std::move(end));
}

TaskEvent InProcessExecutor::event(TaskEvent::Kind kind) const {
  TaskEvent made;
  made.kind = kind;
  made.task_instance_id = launched_->task_instance_id;
  made.time_ms = clock_.now_ms();
  made.pid = getpid();
  return made;
}

}  // namespace tidemill::workflow
