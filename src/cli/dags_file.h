#pragma once
// dags list-import-errors|report|delete: the file that the DAGs are in.

#include "cli/command.h"

namespace tidemill::cli {

void define_dags_file(CLI::App& group, CommandContext& context);

}  // namespace tidemill::cli
