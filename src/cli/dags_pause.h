#pragma once
// dags pause|unpause, of one DAG or of all whose names match an expression.

#include "cli/command.h"

namespace tidemill::cli {

void define_dags_pause(CLI::App& group, CommandContext& context);

}  // namespace tidemill::cli
