// pools list|get|set|delete: Airflow's commands, output and exit codes
// (airflow/cli/commands/pool_command.py).

#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/workflow_commands.h"

namespace tidemill::cli {
namespace {

using workflow::Pool;

struct PoolsArguments {
  std::string name, description;
  int slots = 0;
  bool include_deferred = false;
  OutputFormat format = OutputFormat::kTable;
};

using Arguments = std::shared_ptr<PoolsArguments>;

void print_pools(CommandContext& context, const PoolsArguments& arguments, const std::vector<Pool>& pools) {
  std::vector<std::vector<std::string>> rows;
  for (const Pool& pool : pools) {
    rows.push_back({pool.name, std::to_string(pool.slots), pool.description.value_or(""),
                    python_boolean(pool.include_deferred), ""});
  }
  print_rows(context.out, arguments.format, {"pool", "slots", "description", "include_deferred", "team_name"},
             rows);
}

void list(CommandContext& context, const PoolsArguments& arguments) {
  Workflow workflow(context, /*to_change=*/false);
  print_pools(context, arguments, workflow->store().list_pools());
}

void get(CommandContext& context, const PoolsArguments& arguments) {
  Workflow workflow(context, /*to_change=*/false);
  const auto pool = workflow->store().find_pool(arguments.name);
  if (!pool) throw Error(ErrorCode::kNotFound, fmt::format("Pool {} does not exist", arguments.name));
  print_pools(context, arguments, {*pool});
}

void set(CommandContext& context, const PoolsArguments& arguments) {
  Workflow workflow(context, /*to_change=*/true);
  Pool pool;
  pool.name = arguments.name;
  pool.slots = arguments.slots;
  pool.description = arguments.description;
  pool.include_deferred = arguments.include_deferred;
  workflow->set_pool(pool);
  context.out << "Pool " << pool.name << " created\n";
}

void remove(CommandContext& context, const PoolsArguments& arguments) {
  Workflow workflow(context, /*to_change=*/true);
  workflow->delete_pool(arguments.name);
  context.out << "Pool " << arguments.name << " deleted\n";
}

}  // namespace

void define_pools(CLI::App& parent, CommandContext& context) {
  CLI::App* group = parent.add_subcommand("pools", "how many tasks of a kind run at once, as Airflow has it");
  group->require_subcommand(1);
  const auto arguments = std::make_shared<PoolsArguments>();

  CLI::App* command = add_workflow_command(*group, context, "list", "list the pools", arguments, list);
  add_output_option(*command, arguments->format);

  command = add_workflow_command(*group, context, "get", "show a pool", arguments, get);
  command->add_option("pool", arguments->name, "the pool")->required();
  add_output_option(*command, arguments->format);

  command = add_workflow_command(*group, context, "set", "make a pool or change it", arguments, set);
  command->add_option("pool", arguments->name, "the pool")->required();
  command->add_option("slots", arguments->slots, "how many slots; -1 for no limit")->required();
  command->add_option("description", arguments->description, "what it is for")->required();
  command->add_flag("--include-deferred", arguments->include_deferred, "deferred tasks take slots too");

  command = add_workflow_command(*group, context, "delete", "delete a pool", arguments, remove);
  command->add_option("pool", arguments->name, "the pool")->required();
}

}  // namespace tidemill::cli
