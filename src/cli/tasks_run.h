#pragma once
// tasks test|run|render|failed-deps: one task of a run, looked at or run in the foreground.

#include "cli/command.h"

namespace tidemill::cli {

void define_tasks_run(CLI::App& group, CommandContext& context);

}  // namespace tidemill::cli
