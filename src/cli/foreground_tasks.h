#pragma once
// Tasks that a command runs itself, in its own process: dags test, tasks test, tasks run.

#include <memory>
#include <optional>
#include <string>

#include "cli/command.h"
#include "cli/workflow_commands.h"
#include "workflow/executor.h"

namespace tidemill::cli {

// The writer lock, so that no task of a scheduler works meanwhile; what killed writers and tests left behind
// is put right. To be taken before the project's databases are opened.
std::unique_ptr<WriterLock> lock_for_tasks(CommandContext& context);

// Runs the task here and now. What it prints comes as log lines on stderr, and in launch.log_file if it has
// one.
workflow::TaskReport run_task_here(CommandContext& context, const workflow::TaskLaunch& launch);

// The option that has it.
inline constexpr char kSuccessPattern[] = "--mark-success-pattern";

// Works on a run, or one task of it, until it is over, under lock_for_tasks(). Tasks whose ids match
// `success_pattern` are not run but count as successful. Errors: those of Scheduler::tick().
void work_here(CommandContext& context, Workflow& workflow, const workflow::DagRun& run,
               const std::optional<std::string>& only_task = std::nullopt,
               const std::string& success_pattern = "");

}  // namespace tidemill::cli
