// models list|show|promote|rollback|set-alias: the registry. compare and reproduce: models_compare.cc.

#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/date.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/models_compare.h"
#include "cli/option_checks.h"
#include "cli/output.h"
#include "cli/registered_versions.h"
#include "pipeline/promote/promote.h"

namespace tidemill::cli {
namespace {

struct ModelsArguments {
  std::string name;  // "" is the project's registered model
  int version = 0;
  std::string stage = "Production";
  std::string alias;
  OutputFormat format = OutputFormat::kTable;
};

std::string name_of(Services& services, const ModelsArguments& arguments) {
  return arguments.name.empty() ? services.options().registered_model : arguments.name;
}

Json to_json(const tracking::ModelVersion& version, tracking::Store& store) {
  Json json = {{"name", version.name},
               {"version", version.version},
               {"current_stage", version.current_stage},
               {"aliases", version.aliases},
               {"status", version.status},
               {"description", version.description.value_or("")},
               {"run_id", version.run_id.value_or("")},
               {"source", version.source},
               {"creation_timestamp", version.creation_time_ms},
               {"tags", Json::object()},
               {"metrics", Json::object()}};
  for (const tracking::Tag& tag : version.tags) json["tags"][tag.key] = tag.value;
  if (const auto run = version.run_id ? store.find_run(*version.run_id) : std::nullopt) {
    for (const char* key : {"test_rmse", "test_mae", "test_r2"}) {
      if (const auto value = run->metric(key)) json["metrics"][key] = *value;
    }
  }
  return json;
}

std::string joined_aliases(const tracking::ModelVersion& version) {
  std::string text;
  for (const std::string& alias : version.aliases) text += (text.empty() ? "@" : " @") + alias;
  return text;
}

void list(CommandContext& context, const ModelsArguments& arguments) {
  Services& services = context.services();
  const auto versions = versions_of(services.tracking(), name_of(services, arguments));
  Json document = {{"model_versions", Json::array()}};
  for (const auto& version : versions)
    document["model_versions"].push_back(to_json(version, services.tracking()));
  if (arguments.format == OutputFormat::kJson) return print_json(context.out, document);
  std::vector<std::vector<std::string>> rows;
  for (size_t i = 0; i < versions.size(); ++i) {
    const Json& metrics = document["model_versions"][i]["metrics"];
    rows.push_back({versions[i].name, std::to_string(versions[i].version), versions[i].current_stage,
                    joined_aliases(versions[i]), versions[i].tag("tidemill.model").value_or(""),
                    versions[i].tag("tidemill.data_date").value_or(""),
                    metrics.contains("test_rmse") ? format_metric(metrics["test_rmse"].get<double>()) : "-"});
  }
  print_rows(context.out, arguments.format,
             {"name", "version", "stage", "aliases", "model", "data to", "test_rmse"}, rows);
}

void show(CommandContext& context, const ModelsArguments& arguments) {
  Services& services = context.services();
  const auto version = services.tracking().get_model_version(name_of(services, arguments), arguments.version);
  const Json json = to_json(version, services.tracking());
  if (arguments.format == OutputFormat::kJson) return print_json(context.out, json);
  std::vector<std::vector<std::string>> rows;
  for (const auto& [key, value] : json.items()) {
    if (value.is_object()) {
      for (const auto& [inner, text] : value.items()) {
        rows.push_back({key + " " + inner, text.is_string() ? text.get<std::string>() : text.dump()});
      }
    } else {
      rows.push_back({key, value.is_string() ? value.get<std::string>() : value.dump()});
    }
  }
  print_rows(context.out, arguments.format, {"property", "value"}, rows);
}

void promote(CommandContext& context, const ModelsArguments& arguments) {
  Services& services = context.services();
  const auto lock = lock_project(context);
  const std::string name = name_of(services, arguments);
  const std::string stage =
      pipeline::move_to_stage(services.tracking(), name, arguments.version, arguments.stage);
  context.out << fmt::format("{} version {} is in {}\n", name, arguments.version, stage);
}

void rollback(CommandContext& context, const ModelsArguments& arguments) {
  Services& services = context.services();
  const auto lock = lock_project(context);
  const std::string name = name_of(services, arguments);
  const int version = pipeline::rollback_production(services.tracking(), name);
  context.out << fmt::format("{} version {} is in Production again\n", name, version);
}

void set_alias(CommandContext& context, const ModelsArguments& arguments) {
  Services& services = context.services();
  const auto lock = lock_project(context);
  const std::string name = name_of(services, arguments);
  services.tracking().set_registered_model_alias(name, arguments.alias, arguments.version);
  context.out << fmt::format("{}@{} is version {}\n", name, arguments.alias, arguments.version);
}

using Arguments = std::shared_ptr<ModelsArguments>;
using Action = void (*)(CommandContext&, const ModelsArguments&);

CLI::App* add(CLI::App& group, CommandContext& context, const Arguments& arguments, const char* name,
              const char* summary, Action action) {
  CLI::App* command = group.add_subcommand(name, summary);
  command->add_option("--name", arguments->name, "registered model (default: the project's)")
      ->type_name("NAME");
  command->callback([&context, arguments, action] {
    context.action = [&context, arguments, action] { action(context, *arguments); };
  });
  return command;
}

}  // namespace

void define_models(CLI::App& parent, CommandContext& context) {
  CLI::App* group = parent.add_subcommand("models", "list, compare, promote and roll back model versions");
  group->require_subcommand(1);
  const auto arguments = std::make_shared<ModelsArguments>();
  const auto add_version = [&arguments](CLI::App* command) {
    command->add_option("version", arguments->version, "the version")
        ->required()
        ->transform(integer_between(1));
    return command;
  };
  add_output_option(*add(*group, context, arguments, "list", "the versions of the registered model", list),
                    arguments->format);
  add_output_option(*add_version(add(*group, context, arguments, "show", "everything about a version", show)),
                    arguments->format);
  add_version(add(*group, context, arguments, "promote",
                  "move a version to Production; the one there is archived", promote))
      ->add_option("--stage", arguments->stage, "another stage: None, Staging or Archived")
      ->capture_default_str();
  add(*group, context, arguments, "rollback",
      "put the version before back into Production and archive the present one", rollback);
  CLI::App* alias = add(*group, context, arguments, "set-alias", "point an alias at a version", set_alias);
  alias->add_option("alias", arguments->alias, "the alias, without @")->required();
  add_version(alias);
  define_models_compare(*group, context);
  define_models_reproduce(*group, context);
}

}  // namespace tidemill::cli
