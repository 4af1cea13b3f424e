// variables get|set|list|delete: Airflow's commands, output and exit codes (airflow/cli/commands).

#include "metadata/variables.h"

#include <iostream>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace tidemill::cli {
namespace {

struct VariableArguments {
  std::string key, value, default_value, description;
  bool json = false;
  bool show_values = false;
  OutputFormat format = OutputFormat::kTable;
};

using Arguments = std::shared_ptr<VariableArguments>;

void get(CommandContext& context, const VariableArguments& arguments, bool has_default) {
  std::optional<std::string> value = metadata::get_variable(context.services().metadata(), arguments.key);
  if (!value && has_default) value = arguments.default_value;
  if (!value) {
    // Airflow's words and exit code.
    context.err << "Variable " << arguments.key << " does not exist.\n";
    context.exit_code = 1;
    return;
  }
  if (arguments.json) {
    print_json(context.out, parse_json(*value, "Variable " + arguments.key));
  } else {
    context.out << *value << '\n';
  }
}

void set(CommandContext& context, const VariableArguments& arguments) {
  std::string value = arguments.value;
  if (arguments.json) {
    try {
      value = Json::parse(value).dump();
    } catch (const nlohmann::json::exception& error) {
      throw Error(ErrorCode::kInvalidArgument, "the value is not JSON: " + std::string(error.what()));
    }
  }
  metadata::Database& database = context.services().metadata_for_writing();
  metadata::Transaction transaction(database);
  metadata::set_variable(database, arguments.key, value,
                         arguments.description.empty() ? std::nullopt : std::optional(arguments.description));
  transaction.commit();
  context.out << "Variable " << arguments.key << " created\n";
}

void list(CommandContext& context, const VariableArguments& arguments) {
  std::vector<std::string> columns = {"key"};
  if (arguments.show_values) columns = {"key", "value", "description"};
  std::vector<std::vector<std::string>> rows;
  for (const metadata::Variable& variable : metadata::list_variables(context.services().metadata())) {
    if (arguments.show_values) {
      rows.push_back({variable.key, variable.value, variable.description.value_or("")});
    } else {
      rows.push_back({variable.key});
    }
  }
  print_rows(context.out, arguments.format, columns, rows);
}

void remove(CommandContext& context, const VariableArguments& arguments) {
  metadata::Database& database = context.services().metadata_for_writing();
  metadata::Transaction transaction(database);
  metadata::delete_variable(database, arguments.key);
  transaction.commit();
  context.out << "Variable " << arguments.key << " deleted\n";
}

}  // namespace

void define_variables(CLI::App& parent, CommandContext& context) {
  CLI::App* group =
      parent.add_subcommand("variables", "get, set, list and delete Variables, as Airflow does");
  group->require_subcommand(1);
  const auto arguments = std::make_shared<VariableArguments>();

  CLI::App* command = group->add_subcommand("get", "print a Variable's value");
  command->add_option("key", arguments->key, "the Variable")->required();
  CLI::Option* default_option =
      command->add_option("-d,--default", arguments->default_value, "printed when there is no such Variable");
  command->add_flag("-j,--json", arguments->json, "the value is JSON");
  command->callback([&context, arguments, default_option] {
    context.action = [&context, arguments, default_option] {
      get(context, *arguments, default_option->count() > 0);
    };
  });

  command = group->add_subcommand("set", "create a Variable or change its value");
  command->add_option("key", arguments->key, "the Variable")->required();
  command->add_option("value", arguments->value, "its value")->required();
  command->add_flag("-j,--json", arguments->json, "the value is JSON");
  command->add_option("--description", arguments->description, "what it is for");
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { set(context, *arguments); }; });

  command = group->add_subcommand("list", "list the Variables");
  command->add_flag("--show-values", arguments->show_values, "with values and descriptions");
  add_output_option(*command, arguments->format);
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { list(context, *arguments); }; });

  command = group->add_subcommand("delete",
                                  "delete a Variable; deleting last_trained_data forces the next training");
  command->add_option("key", arguments->key, "the Variable")->required();
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { remove(context, *arguments); }; });
}

}  // namespace tidemill::cli
