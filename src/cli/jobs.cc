// jobs check, db check|migrate, version: is everything there? Airflow's commands, output and exit codes
// (airflow/cli/commands/jobs_command.py, db_command.py).

#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/option_checks.h"
#include "cli/workflow_commands.h"
#include "workflow/scheduler/liveness.h"

namespace tidemill::cli {
namespace {

struct JobsArguments {
  std::string job_type, hostname;
  bool is_local = false, allows_several = false;
  int limit = 1;
};

int count_alive(CommandContext& context, const JobsArguments& arguments) {
  const std::filesystem::path folder = context.services().project_dir() / ".tidemill" / "schedulers";
  Workflow workflow(context, /*to_change=*/false);
  metadata::Database& database = workflow->store().database();
  // Without the folder there has been no scheduler; asking must not make it.
  if (!database.is_on_a_server() && !std::filesystem::exists(folder)) return 0;
  const auto liveness = workflow::make_liveness(database, folder);
  const std::string wanted = arguments.is_local ? host_name() : arguments.hostname;
  int count = 0;
  for (const workflow::Job& job : workflow->store().running_jobs()) {
    if (!wanted.empty() && job.hostname != wanted) continue;
    if (arguments.limit > 0 && count == arguments.limit) break;
    if (liveness->is_alive(job.id)) ++count;
  }
  return count;
}

void check_jobs(CommandContext& context, const JobsArguments& arguments) {
  if (arguments.allows_several && arguments.limit == 1) {
    throw Error(
        ErrorCode::kInvalidArgument,
        "To use option --allow-multiple, you must set the limit to a value greater than 1 or 0 to disable "
        "it.");
  }
  if (!arguments.hostname.empty() && arguments.is_local) {
    throw Error(ErrorCode::kInvalidArgument, "You can't use --hostname and --local at the same time");
  }
  const int count = count_alive(context, arguments);
  if (count == 0) throw Error(ErrorCode::kNotFound, "No alive jobs found.");
  if (count > 1 && !arguments.allows_several) {
    throw Error(ErrorCode::kConflict, fmt::format("Found {} alive jobs. Expected only one.", count));
  }
  context.out << (count == 1 ? "Found one alive job." : fmt::format("Found {} alive jobs.", count)) << '\n';
}

void check_database(CommandContext& context, const JobsArguments& /*arguments*/) {
  context.services().metadata().query_first("SELECT 1");
  context.err << "Connection successful.\n";
}

void migrate_database(CommandContext& context, const JobsArguments& /*arguments*/) {
  context.services().metadata_for_writing();
  context.err << "Database migration done!\n";
}

}  // namespace

void define_jobs(CLI::App& parent, CommandContext& context) {
  CLI::App* group = parent.add_subcommand("jobs", "schedulers that are there, as Airflow has them");
  group->require_subcommand(1);
  const auto arguments = std::make_shared<JobsArguments>();
  CLI::App* command = add_workflow_command(
      *group, context, "check", "exit code 0 when a scheduler is alive, else 1", arguments, check_jobs);
  command->add_option("--job-type", arguments->job_type, "SchedulerJob, the only type")
      ->transform(one_of({"SchedulerJob"}));
  command->add_option("--hostname", arguments->hostname, "one of this machine")->type_name("HOST");
  command->add_flag("--local", arguments->is_local, "one of the machine that this is");
  command->add_option("--limit", arguments->limit, "how many are looked for; 0 for all")
      ->capture_default_str()
      ->transform(integer_between(0));
  command->add_flag("--allow-multiple", arguments->allows_several, "several are fine, with --limit");
}

void define_db(CLI::App& parent, CommandContext& context) {
  CLI::App* group = parent.add_subcommand("db", "the project's database, as Airflow has it");
  group->require_subcommand(1);
  const auto arguments = std::make_shared<JobsArguments>();
  add_workflow_command(*group, context, "check", "exit code 0 when the database can be reached", arguments,
                       check_database);
  add_workflow_command(*group, context, "migrate",
                       "make the database, or bring it up to date: whoever opens it does", arguments,
                       migrate_database);
}

void define_version(CLI::App& parent, CommandContext& context) {
  CLI::App* command = parent.add_subcommand("version", "print the version");
  command->callback(
      [&context] { context.action = [&context] { context.out << context.application.version() << '\n'; }; });
}

}  // namespace tidemill::cli
