#include "cli/commands.h"

#include <ostream>

namespace tidemill::cli {

const std::vector<DefineCommand>& all_commands() {
  static const std::vector<DefineCommand> kCommands = {
      define_init,      define_config,   define_run,    define_generate,   define_validate,
      define_prepare,   define_train,    define_runs,   define_models,     define_predict,
      define_up,        define_dags,     define_tasks,  define_pools,      define_backfill,
      define_variables, define_assets,   define_jobs,   define_db,         define_gc,
      define_store,     define_tracking, define_doctor, define_completion, define_version,
  };
  return kCommands;
}

std::unique_ptr<WriterLock> lock_project(CommandContext& context) {
  const auto on_wait = [&context](const std::string& holder) {
    context.err << "waiting up to " << context.lock_timeout_s << " s for " << holder << '\n';
  };
  return context.services().lock_for_writing(metadata::LockMode::kExclusive, context.lock_timeout_s, on_wait);
}

}  // namespace tidemill::cli
