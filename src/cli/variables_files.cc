#include "cli/variables_files.h"

#include <algorithm>
#include <iostream>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/option_checks.h"
#include "cli/text_files.h"
#include "cli/workflow_commands.h"
#include "metadata/variables.h"

namespace tidemill::cli {
namespace {

using metadata::Variable;

struct FileArguments {
  std::string file;
  std::string on_existing = "overwrite";
};

// What is JSON goes out as such, as Airflow writes it; a text in quotes stays a text.
Json exported(const Variable& variable) {
  Json value = Json::parse(variable.value, nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded() || value.is_string()) value = variable.value;
  const bool is_wrapped = variable.description || (value.is_object() && value.contains("value"));
  if (!is_wrapped) return value;
  return {{"value", value},
          {"description", variable.description ? Json(*variable.description) : Json(nullptr)}};
}

void export_all(CommandContext& context, const FileArguments& arguments) {
  const std::vector<Variable> variables = metadata::list_variables(context.services().metadata());
  nlohmann::json document = nlohmann::json::object();  // sorted by key
  for (const Variable& variable : variables) document[variable.key] = exported(variable);
  const std::string text = document.dump(4, ' ', false, Json::error_handler_t::replace);
  if (arguments.file == "-" || arguments.file == "/dev/stdout") {
    context.out << text << '\n';
    context.err << variables.size() << " Variables successfully exported.\n";
    return;
  }
  write_text_file(arguments.file, text);
  context.out << variables.size() << " Variables successfully exported to " << arguments.file << ".\n";
}

Variable variable_from(const std::string& key, const Json& given) {
  Variable variable;
  variable.key = key;
  Json value = given;
  if (given.is_object() && given.contains("value")) {
    value = given.at("value");
    const auto description = given.find("description");
    if (description != given.end() && description->is_string()) variable.description = *description;
  }
  variable.value = value.is_string() ? value.get<std::string>() : value.dump();
  return variable;
}

// One KEY=VALUE a line, as a shell has them.
std::vector<Variable> variables_from_lines(const std::string& text, const std::string& file) {
  std::vector<Variable> variables;
  std::set<std::string> keys;
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty() || line[0] == '#') continue;
    const size_t sign = line.find('=');
    if (sign == std::string::npos || sign == 0) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("{}:{}: '{}' is not KEY=VALUE", file, number, line));
    }
    Variable variable;
    variable.key = line.substr(0, sign);
    variable.value = line.substr(sign + 1);
    if (!keys.insert(variable.key).second) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("{}:{}: {} is there twice", file, number, variable.key));
    }
    variables.push_back(std::move(variable));
  }
  return variables;
}

std::vector<Variable> variables_in(const std::string& file, const std::string& text) {
  if (file.ends_with(".env")) return variables_from_lines(text, file);
  if (!file.ends_with(".json")) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("Unsupported file format. {} must end with .env or .json", file));
  }
  const Json document = parse_json(text, file);
  if (!document.is_object()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} must be a JSON object of keys and values", file));
  }
  std::vector<Variable> variables;
  for (const auto& [key, value] : document.items()) variables.push_back(variable_from(key, value));
  return variables;
}

std::string listed(const std::vector<std::string>& keys) {
  return "['" + join(keys, "', '") + "']";
}

// All of them or none.
void import_all(CommandContext& context, const FileArguments& arguments) {
  const auto text = read_text_file(arguments.file);
  if (!text)
    throw Error(ErrorCode::kNotFound, fmt::format("Missing variables file. There is no {}", arguments.file));
  const std::vector<Variable> variables = variables_in(arguments.file, *text);
  metadata::Database& database = context.services().metadata_for_writing();
  metadata::Transaction transaction(database);
  std::vector<std::string> existing;
  for (const Variable& variable : variables) {
    if (metadata::get_variable(database, variable.key)) existing.push_back(variable.key);
  }
  std::sort(existing.begin(), existing.end());
  if (arguments.on_existing == "fail" && !existing.empty()) {
    throw Error(ErrorCode::kAlreadyExists,
                fmt::format("Failed. These keys: {} already exists.", listed(existing)));
  }
  const bool skips = arguments.on_existing == "skip";
  size_t count = 0;
  for (const Variable& variable : variables) {
    if (skips && std::binary_search(existing.begin(), existing.end(), variable.key)) continue;
    metadata::set_variable(database, variable.key, variable.value, variable.description);
    ++count;
  }
  transaction.commit();
  context.out << count << " of " << variables.size() << " variables successfully updated.\n";
  if (skips && !existing.empty()) {
    context.err << "The variables with these keys: " << listed(existing)
                << " were skipped because they already exists\n";
  }
}

}  // namespace

void define_variables_files(CLI::App& group, CommandContext& context) {
  const auto arguments = std::make_shared<FileArguments>();
  CLI::App* command = add_workflow_command(group, context, "export", "write all Variables into a file",
                                           arguments, export_all);
  command->add_option("file", arguments->file, "a file for the JSON document, - for stdout")->required();

  command = add_workflow_command(group, context, "import", "set Variables from a file, all or none",
                                 arguments, import_all);
  command->add_option("file", arguments->file, "JSON (.json) as export writes it, or KEY=VALUE lines (.env)")
      ->required();
  command
      ->add_option("-a,--action-on-existing-key", arguments->on_existing,
                   "overwrite, skip or fail when there is such a Variable already")
      ->transform(one_of({"overwrite", "fail", "skip"}))
      ->capture_default_str();
}

}  // namespace tidemill::cli
