#pragma once
// The process between scheduler and launcher: it makes launchers, one after the other, and cleans up after
// each.

#include "workflow/executor.h"
#include "workflow/executor/file_descriptor.h"
#include "workflow/executor/launcher.h"

namespace tidemill::workflow {

// Runs in a process forked for it. For each launcher it sends its socket through `scheduler` (SCM_RIGHTS);
// nothing of the launcher before is alive then. Ends when the scheduler does, or when launchers keep dying.
[[noreturn]] void be_guardian(FileDescriptor scheduler, const RunTask& run_task,
                              const LauncherOptions& options);

// The scheduler's side. Invalid: none there now (`wait` false), or the guardian is gone (`is_gone`).
FileDescriptor receive_launcher_socket(int guardian, bool wait, bool& is_gone);

}  // namespace tidemill::workflow
