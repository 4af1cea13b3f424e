// completion: a script that makes bash or zsh complete commands and options; made from the commands
// themselves, so it is never out of date.

#include <iostream>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/option_checks.h"

namespace tidemill::cli {
namespace {

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::string path_below(const std::string& path, const CLI::App& command) {
  return path.empty() ? command.get_name() : path + " " + command.get_name();
}

// One case per command path ("", "models", "models list"): its subcommands and options.
void append_words(const CLI::App& app, const std::string& path, std::string& script) {
  std::string words;
  for (const CLI::App* command : commands_of(app)) words += command->get_name() + " ";
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  }
  script += "    '" + path + "') words='" + words + "' ;;\n";
  for (const CLI::App* command : commands_of(app)) append_words(*command, path_below(path, *command), script);
}

// The patterns "PATH:OPTION" of the options that take a value, and "PATH:COMMAND" of the commands below a
// path.
struct Patterns {
  std::string with_value;
  std::string commands;
};

void append(std::string& patterns, const std::string& pattern) {
  patterns += (patterns.empty() ? "" : "|") + pattern;
}

void collect(const CLI::App& app, const std::string& path, Patterns& patterns) {
  // The program's own options may stand anywhere.
  const std::string place = path.empty() ? "*:" : "'" + path + "':";
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() == 0) continue;
    for (const std::string& name : option->get_snames()) append(patterns.with_value, place + "-" + name);
    for (const std::string& name : option->get_lnames()) append(patterns.with_value, place + "--" + name);
  }
  for (const CLI::App* command : commands_of(app)) {
    append(patterns.commands, "'" + path + "':" + command->get_name());
    collect(*command, path_below(path, *command), patterns);
  }
}

std::string bash_script(const CLI::App& root) {
  Patterns patterns;
  collect(root, "", patterns);
  // Bash parts --date=2026-11-01 into three words.
  std::string script =
      "_tidemill() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} path= word words value=\n"
      "  for word in \"${COMP_WORDS[@]:1:$((COMP_CWORD-1))}\"; do\n"
      "    if [ \"$word\" = '=' ]; then value=1; continue; fi\n"
      "    if [ -n \"$value\" ]; then value=; continue; fi\n"
      "    case \"$path:$word\" in\n"
      "      " +
      patterns.with_value +
      ") value=1 ;;\n"
      "      " +
      patterns.commands +
      ") path=\"${path:+$path }$word\" ;;\n"
      "    esac\n"
      "  done\n"
      "  [ -z \"$value\" ] || path=-\n"
      "  case $path in\n";
  append_words(root, "", script);
  script +=
      "    *) words= ;;\n"
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "}\n"
      "complete -o default -F _tidemill tidemill\n";
  return script;
}

}  // namespace

void define_completion(CLI::App& parent, CommandContext& context) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* command = parent.add_subcommand("completion", "a completion script for your shell");
  command->footer("Examples:\n  source <(tidemill completion bash)\n  source <(tidemill completion zsh)");
  command->add_option("shell", *shell, "bash or zsh")->required()->transform(one_of({"bash", "zsh"}));
  command->callback([&parent, &context, shell] {
    context.action = [&parent, &context, shell] {
      if (*shell == "zsh") context.out << "autoload -U +X bashcompinit && bashcompinit\n";
      context.out << bash_script(parent);
    };
  });
}

}  // namespace tidemill::cli
