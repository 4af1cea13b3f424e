#pragma once
// models compare and models reproduce: the two commands on versions that compute something.

#include "cli/command.h"

namespace tidemill::cli {

void define_models_compare(CLI::App& group, CommandContext& context);
void define_models_reproduce(CLI::App& group, CommandContext& context);

}  // namespace tidemill::cli
