#pragma once
// The commands that exist. To add one: a file with its define_* function, its line here and in commands.cc.

#include "cli/command.h"

namespace tidemill::cli {

void define_init(CLI::App& parent, CommandContext& context);
void define_config(CLI::App& parent, CommandContext& context);
void define_run(CLI::App& parent, CommandContext& context);
void define_generate(CLI::App& parent, CommandContext& context);
void define_validate(CLI::App& parent, CommandContext& context);
void define_prepare(CLI::App& parent, CommandContext& context);
void define_train(CLI::App& parent, CommandContext& context);
void define_runs(CLI::App& parent, CommandContext& context);
void define_models(CLI::App& parent, CommandContext& context);
void define_predict(CLI::App& parent, CommandContext& context);
void define_variables(CLI::App& parent, CommandContext& context);
void define_store(CLI::App& parent, CommandContext& context);
void define_tracking(CLI::App& parent, CommandContext& context);
void define_doctor(CLI::App& parent, CommandContext& context);
void define_up(CLI::App& parent, CommandContext& context);
void define_dags(CLI::App& parent, CommandContext& context);
void define_tasks(CLI::App& parent, CommandContext& context);
void define_pools(CLI::App& parent, CommandContext& context);
void define_backfill(CLI::App& parent, CommandContext& context);
void define_assets(CLI::App& parent, CommandContext& context);
void define_jobs(CLI::App& parent, CommandContext& context);
void define_db(CLI::App& parent, CommandContext& context);
void define_gc(CLI::App& parent, CommandContext& context);
void define_version(CLI::App& parent, CommandContext& context);
void define_completion(CLI::App& parent, CommandContext& context);

// The writer lock, saying on the error stream whom it waits for.
std::unique_ptr<WriterLock> lock_project(CommandContext& context);

}  // namespace tidemill::cli
