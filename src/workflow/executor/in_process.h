#pragma once
// Tasks in this very process, one after the other, in the moment in which the caller says so: for commands
// that work in the foreground. Nothing limits their time or memory, and what crashes takes the command along.

#include <optional>
#include <vector>

#include "base/clock.h"
#include "workflow/executor.h"

namespace tidemill::workflow {

class InProcessExecutor final : public Executor {
 public:
  InProcessExecutor(RunTask run_task, const Clock& clock) : run_task_(std::move(run_task)), clock_(clock) {}

  int free_slot_count() const override { return launched_ ? 0 : 1; }
  void launch(TaskLaunch launch) override;
  void cancel(const std::string& task_instance_id) override;
  std::vector<TaskEvent> take_events() override;
  int event_fd() const override { return -1; }

  bool has_task() const { return launched_.has_value(); }
  // Returns when the launched task has ended. What the task throws becomes its failure.
  void run_task();

 private:
  TaskEvent event(TaskEvent::Kind kind) const;

  RunTask run_task_;
  const Clock& clock_;
  std::optional<TaskLaunch> launched_;
  std::vector<TaskEvent> events_;
};

}  // namespace tidemill::workflow
