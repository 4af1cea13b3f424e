// init writes a project file; config shows and checks it.

#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/workflow_commands.h"

namespace tidemill::cli {
namespace {

struct InitArguments {
  std::string dir;
  std::string example = "churn";
};

void init(CommandContext& context, const InitArguments& arguments) {
  const std::string dir = arguments.dir.empty() ? context.project_dir : arguments.dir;
  context.application.init_project(dir, arguments.example);
  context.out << "wrote " << (std::filesystem::path(dir) / "tidemill.toml").string() << "\nnext: ";
  if (std::filesystem::exists(std::filesystem::path(dir) / "fetch.py")) {
    context.out << "in " << dir
                << ": python3 fetch.py, then tidemill run --from 2026-01-01 --to 2026-01-30\n";
  } else {
    context.out << "tidemill -C " << dir << " run --from 2026-11-01 --to 2026-11-03\n";
  }
}

struct ValueArguments {
  std::string section, key;
};

// Airflow's words and exit code.
void get_value(CommandContext& context, const ValueArguments& arguments) {
  const Json config = parse_json(context.services().show_config(/*as_json=*/true), "the settings");
  std::vector<std::string> keys;
  for (const Json& section : config.at("sections")) {
    if (section.at("name") != arguments.section) continue;
    for (const Json& setting : section.at("settings")) {
      keys.push_back(setting.at("key"));
      if (keys.back() != arguments.key) continue;
      const Json& value = setting.at("value");
      context.out << (value.is_string() ? value.get<std::string>() : value.dump()) << '\n';
      return;
    }
  }
  throw Error(ErrorCode::kNotFound,
              fmt::format("The option [{}/{}] is not found in config{}", arguments.section, arguments.key,
                          did_you_mean(arguments.key, keys)));
}

}  // namespace

void define_init(CLI::App& parent, CommandContext& context) {
  const auto arguments = std::make_shared<InitArguments>();
  CLI::App* command = parent.add_subcommand("init", "write a commented tidemill.toml");
  command->footer(
      "Examples:\n  tidemill init churn              synthetic customers, ready to run\n"
      "  tidemill init telco --example telco");
  command->add_option("dir", arguments->dir, "the project's folder, made if needed")->type_name("DIR");
  command->add_option("--example", arguments->example, join(context.application.examples(), " or "))
      ->capture_default_str();
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { init(context, *arguments); }; });
}

void define_config(CLI::App& parent, CommandContext& context) {
  CLI::App* group = parent.add_subcommand("config", "show or check the project file");
  group->require_subcommand(1);
  const auto json = std::make_shared<bool>(false);
  CLI::App* show = group->add_subcommand("show", "every setting, its value and where it comes from");
  show->add_flag("--json", *json, "answer with one JSON document");
  show->callback([&context, json] {
    context.action = [&context, json] { context.out << context.services().show_config(*json); };
  });
  CLI::App* check = group->add_subcommand("check", "read tidemill.toml whole and say what is wrong with it");
  check->callback([&context] {
    context.action = [&context] {
      context.services().options();
      context.out << (context.services().project_dir() / "tidemill.toml").string() << " is valid\n";
    };
  });
  const auto value = std::make_shared<ValueArguments>();
  CLI::App* get =
      add_workflow_command(*group, context, "get-value", "the value of one setting", value, get_value);
  get->add_option("section", value->section, "such as storage")->required();
  get->add_option("option", value->key, "such as uri")->required();
  CLI::App* reference = group->add_subcommand("reference", "all settings as a Markdown page");
  reference->callback([&context] {
    context.action = [&context] { context.out << context.application.project_file_reference(); };
  });
}

}  // namespace tidemill::cli
