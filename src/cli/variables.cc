// variables get|set|list|delete: Airflow's commands, output and exit codes
// (airflow/cli/commands/variable_command.py). export and import: variables_files.cc.

#include "metadata/variables.h"

#include <iostream>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/option_checks.h"
#include "cli/output.h"
#include "cli/variables_files.h"

namespace tidemill::cli {
namespace {

using metadata::Variable;

constexpr int kAirflowRefusal = 1;

struct VariableArguments {
  std::string key, value, description;
  std::optional<std::string> default_value;
  bool json = false;
  bool show_values = false, hide_sensitive = false;
  OutputFormat format = OutputFormat::kTable;
};

using Arguments = std::shared_ptr<VariableArguments>;

void get(CommandContext& context, const VariableArguments& arguments) {
  metadata::Database& database = context.services().metadata();
  const std::optional<std::string> value = metadata::get_variable(database, arguments.key);
  if (!value && arguments.default_value) {
    context.out << *arguments.default_value << '\n';
    return;
  }
  if (!value) {
    std::vector<std::string> keys;
    for (const Variable& variable : metadata::list_variables(database)) keys.push_back(variable.key);
    const std::string nearest = nearest_name(arguments.key, keys);
    // Airflow's words and exit code.
    context.err << "Variable " << arguments.key << " does not exist.\n";
    if (!nearest.empty()) context.err << "did you mean '" << nearest << "'?\n";
    context.exit_code = kAirflowRefusal;
    return;
  }
  if (arguments.json) {
    context.error_exit_code = kAirflowRefusal;
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
  if (arguments.hide_sensitive && !arguments.show_values) {
    context.error_exit_code = kAirflowRefusal;
    throw Error(ErrorCode::kInvalidArgument, "--hide-sensitive can only be used with --show-values");
  }
  std::vector<std::string> columns = {"key"};
  if (arguments.show_values) columns = {"key", "val"};
  std::vector<std::vector<std::string>> rows;
  for (const Variable& variable : metadata::list_variables(context.services().metadata())) {
    rows.push_back({variable.key});
    if (arguments.show_values) rows.back().push_back(arguments.hide_sensitive ? "***" : variable.value);
  }
  print_rows(context.out, arguments.format, columns, rows);
}

// As Airflow: fine also when there is none.
void remove(CommandContext& context, const VariableArguments& arguments) {
  metadata::Database& database = context.services().metadata_for_writing();
  metadata::Transaction transaction(database);
  const bool was_there = metadata::delete_variable(database, arguments.key);
  transaction.commit();
  context.out << "Variable " << arguments.key << " deleted\n";
  if (was_there) return;
  std::vector<std::string> keys;
  for (const Variable& variable : metadata::list_variables(database)) keys.push_back(variable.key);
  context.err << "note: there was no Variable " << arguments.key << did_you_mean(arguments.key, keys) << '\n';
}

// Unlike the commands of the workflow they end by the kind of what went wrong, but for what Airflow refuses
// too.
CLI::App* add(CLI::App& group, CommandContext& context, const char* name, const char* summary,
              const Arguments& arguments, void (*action)(CommandContext&, const VariableArguments&)) {
  CLI::App* command = group.add_subcommand(name, summary);
  command->callback([&context, arguments, action] {
    context.action = [&context, arguments, action] { action(context, *arguments); };
  });
  return command;
}

}  // namespace

void define_variables(CLI::App& parent, CommandContext& context) {
  CLI::App* group = parent.add_subcommand("variables", "named values that outlive runs, as Airflow has them");
  group->require_subcommand(1);
  const auto arguments = std::make_shared<VariableArguments>();
  const auto add_key = [&](CLI::App* command) {
    command->add_option("key", arguments->key, "the Variable")->required()->type_name("KEY");
  };

  CLI::App* command = add(*group, context, "get", "print a Variable's value", arguments, get);
  add_key(command);
  may_be_empty(
      command->add_option("-d,--default", arguments->default_value, "printed when there is no such Variable"))
      ->type_name("VALUE");
  command->add_flag("-j,--json", arguments->json, "the value is JSON");
  command->footer("Example:\n  tidemill variables get latest_prepared_data");

  command = add(*group, context, "set", "create a Variable or change its value", arguments, set);
  add_key(command);
  may_be_empty(command->add_option("value", arguments->value, "its value"))->required()->type_name("VALUE");
  command->add_flag("-j,--json", arguments->json, "the value is JSON");
  may_be_empty(command->add_option("--description", arguments->description, "what it is for"))
      ->type_name("TEXT");

  command = add(*group, context, "list", "list the Variables", arguments, list);
  command->add_flag("--show-values", arguments->show_values, "with their values");
  command->add_flag("--hide-sensitive", arguments->hide_sensitive, "with --show-values: *** instead of them");
  add_output_option(*command, arguments->format);

  command = add(*group, context, "delete",
                "delete a Variable; deleting last_trained_data forces the next training", arguments, remove);
  add_key(command);

  define_variables_files(*group, context);
}

}  // namespace tidemill::cli
