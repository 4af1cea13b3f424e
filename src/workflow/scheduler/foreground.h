#pragma once
// A run, or one task of it, worked on by a command in the foreground.

#include <functional>

#include "workflow/executor/in_process.h"
#include "workflow/scheduler/scheduler.h"

namespace tidemill::workflow {

// Ticks the scheduler, which has SchedulerOptions::foreground, and runs what it launches, until `is_over`;
// then the scheduler's job has ended. `pause(ms)` is how it waits when there is nothing to do, such as for
// another try. Errors: those of Scheduler::tick().
void work_in_foreground(Scheduler& scheduler, InProcessExecutor& executor, const Clock& clock,
                        const std::function<bool()>& is_over, const std::function<void(int64_t)>& pause);

}  // namespace tidemill::workflow
