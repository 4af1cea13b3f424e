#pragma once
// variables export|import: all Variables in a file.

#include "cli/command.h"

namespace tidemill::cli {

void define_variables_files(CLI::App& group, CommandContext& context);

}  // namespace tidemill::cli
