#pragma once
// dags test: a run of a DAG in the foreground.

#include "cli/command.h"

namespace tidemill::cli {

void define_dags_test(CLI::App& group, CommandContext& context);

}  // namespace tidemill::cli
