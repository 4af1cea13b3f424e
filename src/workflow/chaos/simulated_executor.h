#pragma once
// For tests: processes that start and end when the test says so, and die with their scheduler.

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "workflow/executor.h"

namespace tidemill::workflow::chaos {

class SimulatedExecutor final : public Executor {
 public:
  struct Process {
    TaskLaunch launch;
    bool is_cancelled = false;
  };

  // `census`: the ids of all that runs, whoever launched it.
  SimulatedExecutor(const Clock& clock, int slots, std::multiset<std::string>& census)
      : clock_(clock), slots_(slots), census_(census) {}
  ~SimulatedExecutor() override {
    for (const auto& [id, process] : running_) census_.erase(census_.find(id));
  }
  SimulatedExecutor(const SimulatedExecutor&) = delete;
  SimulatedExecutor& operator=(const SimulatedExecutor&) = delete;

  int free_slot_count() const override { return slots_ - static_cast<int>(running_.size()); }
  void launch(TaskLaunch launch) override {
    if (before_launch) before_launch(launch);
    if (refused_launches > 0) {
      --refused_launches;
      throw Error(ErrorCode::kUnavailable, "no process can be made");
    }
    if (free_slot_count() <= 0) throw Error(ErrorCode::kResourceExhausted, "no slot");
    const std::string id = launch.task_instance_id;
    if (running_.contains(id)) throw Error(ErrorCode::kAlreadyExists, "it runs");
    census_.insert(id);
    add(TaskEvent::Kind::kStarted, id);
    running_[id] = {std::move(launch), false};
  }
  void cancel(const std::string& id) override {
    if (const auto found = running_.find(id); found != running_.end()) found->second.is_cancelled = true;
  }
  std::vector<TaskEvent> take_events() override { return std::exchange(events_, {}); }
  int event_fd() const override { return -1; }

  const std::map<std::string, Process>& running() const { return running_; }
  bool has_events() const { return !events_.empty(); }

  // It ends with this report, or, without one, as if it had been killed.
  void end(const std::string& id, std::optional<TaskReport> report, bool by_cancel) {
    running_.erase(id);
    census_.erase(census_.find(id));
    TaskEvent& event = add(TaskEvent::Kind::kEnded, id);
    event.report = std::move(report);
    event.cancelled = by_cancel;
    if (!event.report) event.signal = by_cancel ? 15 : 9;
  }

  std::function<void(const TaskLaunch&)> before_launch;  // may throw Crash
  int refused_launches = 0;

 private:
  TaskEvent& add(TaskEvent::Kind kind, const std::string& id) {
    TaskEvent& event = events_.emplace_back();
    event.kind = kind;
    event.task_instance_id = id;
    event.time_ms = clock_.now_ms();
    event.pid = 4711;
    return event;
  }

  const Clock& clock_;
  int slots_;
  std::multiset<std::string>& census_;
  std::map<std::string, Process> running_;
  std::vector<TaskEvent> events_;
};

}  // namespace tidemill::workflow::chaos
