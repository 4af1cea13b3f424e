// pools list|get|set|delete|export|import: Airflow's commands, output and exit codes
// (airflow/cli/commands/pool_command.py).

#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/option_checks.h"
#include "cli/output.h"
#include "cli/text_files.h"
#include "cli/workflow_commands.h"
#include "dags/pipelines.h"

namespace tidemill::cli {
namespace {

using workflow::Pool;

struct PoolsArguments {
  std::string name, description, file;
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

[[noreturn]] void throw_no_pool(Workflow& workflow, const std::string& name) {
  std::vector<std::string> names;
  for (const Pool& pool : workflow->store().list_pools()) names.push_back(pool.name);
  throw Error(ErrorCode::kNotFound, no_such("Pool {} does not exist", name, names));
}

void get(CommandContext& context, const PoolsArguments& arguments) {
  Workflow workflow(context, /*to_change=*/false);
  const auto pool = workflow->store().find_pool(arguments.name);
  if (!pool) throw_no_pool(workflow, arguments.name);
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
  if (pool.name == dags::kTrainingPool) {
    context.err << "note: the next 'tidemill up' gives it schedule.training_slots of tidemill.toml again\n";
  }
}

void remove(CommandContext& context, const PoolsArguments& arguments) {
  Workflow workflow(context, /*to_change=*/true);
  if (!workflow->store().find_pool(arguments.name)) throw_no_pool(workflow, arguments.name);
  workflow->delete_pool(arguments.name);
  context.out << "Pool " << arguments.name << " deleted\n";
}

void export_all(CommandContext& context, const PoolsArguments& arguments) {
  Workflow workflow(context, /*to_change=*/false);
  nlohmann::json document = nlohmann::json::object();  // sorted by name
  const std::vector<Pool> pools = workflow->store().list_pools();
  for (const Pool& pool : pools) {
    document[pool.name] = {{"slots", pool.slots},
                           {"description", pool.description.value_or("")},
                           {"include_deferred", pool.include_deferred}};
  }
  write_text_file(arguments.file, document.dump(4, ' ', false, Json::error_handler_t::replace));
  context.out << "Exported " << pools.size() << " pools to " << arguments.file << '\n';
}

Pool pool_from(const std::string& name, const Json& json) {
  Pool pool;
  pool.name = name;
  try {
    pool.slots = json.at("slots").get<int>();
    if (!json.at("description").is_null()) pool.description = json.at("description").get<std::string>();
    pool.include_deferred = json.value("include_deferred", false);
  } catch (const nlohmann::json::exception&) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("Failed to update pool(s): {}: it needs slots (a number) and a description", name));
  }
  return pool;
}

// All of them or none.
void import_all(CommandContext& context, const PoolsArguments& arguments) {
  const auto text = read_text_file(arguments.file);
  if (!text) throw Error(ErrorCode::kNotFound, "Missing pools file " + arguments.file);
  const Json document = parse_json(*text, arguments.file);
  if (!document.is_object()) {
    throw Error(ErrorCode::kInvalidArgument, arguments.file + " must be a JSON object of pools by name");
  }
  Workflow workflow(context, /*to_change=*/true);
  metadata::Transaction transaction(workflow->store().database());
  for (const auto& [name, json] : document.items()) workflow->set_pool(pool_from(name, json));
  transaction.commit();
  context.out << "Uploaded " << document.size() << " pool(s)\n";
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
  command->add_option("slots", arguments->slots, "how many slots; -1 for no limit")
      ->required()
      ->transform(integer_between(-1));
  may_be_empty(command->add_option("description", arguments->description, "what it is for"))->required();
  command->add_flag("--include-deferred", arguments->include_deferred, "deferred tasks take slots too");

  command = add_workflow_command(*group, context, "delete", "delete a pool", arguments, remove);
  command->add_option("pool", arguments->name, "the pool")->required();

  command =
      add_workflow_command(*group, context, "export", "write all pools into a file", arguments, export_all);
  command->add_option("file", arguments->file, "a file for the JSON document")->required();

  command = add_workflow_command(*group, context, "import", "set pools from a file, all or none", arguments,
                                 import_all);
  command->add_option("file", arguments->file, "JSON as export writes it")->required();
}

}  // namespace tidemill::cli
