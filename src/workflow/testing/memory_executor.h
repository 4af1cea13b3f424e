#pragma once
// For tests: an executor without processes. Tasks start at once and end when the test, or `at_once`, says.

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "workflow/executor.h"

namespace tidemill::workflow::testing {

class MemoryExecutor final : public Executor {
 public:
  // Called for each launch; what it returns ends the task at once.
  using AtOnce = std::function<std::optional<TaskReport>(const TaskLaunch&)>;

  MemoryExecutor(const Clock& clock, int slots) : clock_(clock), slots_(slots) {}

  int free_slot_count() const override { return slots_ - static_cast<int>(running_.size()); }
  void launch(TaskLaunch launch) override {
    if (failing_launches > 0) {
      --failing_launches;
      throw Error(ErrorCode::kUnavailable, "no process can be made");
    }
    if (free_slot_count() <= 0) throw Error(ErrorCode::kResourceExhausted, "no slot");
    if (on_launch) on_launch(launch);
    launches.push_back(launch);
    add(launch.task_instance_id, TaskEvent::Kind::kStarted);
    const std::string id = launch.task_instance_id;
    running_[id] = std::move(launch);
    if (!at_once) return;
    if (const auto report = at_once(running_.at(id))) end(id, *report);
  }
  void cancel(const std::string& id) override {
    if (!running_.contains(id)) return;
    cancelled.push_back(id);
    if (ends_cancelled) end_cancelled(id);
  }
  std::vector<TaskEvent> take_events() override { return std::exchange(events_, {}); }
  int event_fd() const override { return -1; }

  const std::map<std::string, TaskLaunch>& running() const { return running_; }
  bool has_events() const { return !events_.empty(); }
  void end(const std::string& id, TaskReport report) {
    if (!add(id, TaskEvent::Kind::kEnded)) return;
    events_.back().report = std::move(report);
  }
  // As if its process had been killed.
  void die(const std::string& id) {
    if (add(id, TaskEvent::Kind::kEnded)) events_.back().signal = 9;
  }
  // As if no process could have been made for it.
  void lose(const std::string& id) {
    if (!add(id, TaskEvent::Kind::kEnded)) return;
    events_.back().executor_lost = true;
    events_.back().error = "no process can be made";
    events_.back().pid = 0;
  }
  void end_cancelled(const std::string& id) {
    if (!add(id, TaskEvent::Kind::kEnded)) return;
    events_.back().signal = 15;
    events_.back().cancelled = true;
  }

  AtOnce at_once;
  std::function<void(const TaskLaunch&)> on_launch;
  std::function<void(const TaskLaunch&)> on_end;
  bool ends_cancelled = true;  // at once, when told to
  int failing_launches = 0;
  std::vector<TaskLaunch> launches;
  std::vector<std::string> cancelled;

 private:
  bool add(const std::string& id, TaskEvent::Kind kind) {
    TaskEvent event;
    event.kind = kind;
    event.task_instance_id = id;
    event.time_ms = clock_.now_ms();
    event.pid = 4711;
    if (kind == TaskEvent::Kind::kEnded) {
      const auto found = running_.find(id);
      if (found == running_.end()) return false;
      if (on_end) on_end(found->second);
      running_.erase(found);
    }
    events_.push_back(std::move(event));
    return true;
  }

  const Clock& clock_;
  int slots_;
  std::map<std::string, TaskLaunch> running_;
  std::vector<TaskEvent> events_;
};

}  // namespace tidemill::workflow::testing
