// init writes a project file; config shows and checks it.

#include <iostream>

#include <CLI/CLI.hpp>

#include "base/text.h"
#include "cli/commands.h"

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
  CLI::App* reference = group->add_subcommand("reference", "all settings as a Markdown page");
  reference->callback([&context] {
    context.action = [&context] { context.out << context.application.project_file_reference(); };
  });
}

}  // namespace tidemill::cli
