// completion: a script that makes bash or zsh complete commands and options; made from the commands
// themselves, so it is never out of date.

#include <iostream>

#include <CLI/CLI.hpp>

#include "cli/commands.h"

namespace tidemill::cli {
namespace {

// One case per command path ("", "models", "models list"): its subcommands and options.
void append_cases(const CLI::App& app, const std::string& path, std::string& script) {
  std::string words;
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    words += sub->get_name() + " ";
  }
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  }
  script += "    '" + path + "') words='" + words + "' ;;\n";
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    append_cases(*sub, path.empty() ? sub->get_name() : path + " " + sub->get_name(), script);
  }
}

std::string bash_script(const CLI::App& root) {
  std::string script =
      "_tidemill() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} path= word words skip=\n"
      "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
      "    if [ -n \"$skip\" ]; then skip=; continue; fi\n"
      "    case $word in -C|--project-dir|--lock-timeout) skip=1 ;; -*) ;; *) path=\"${path:+$path }$word\" "
      ";; esac\n"
      "  done\n"
      "  case $path in\n";
  append_cases(root, "", script);
  script +=
      "    *) words= ;;\n"
      "  esac\n"
      "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
      "  [ ${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- \"$current\"))\n"
      "}\n"
      "complete -F _tidemill tidemill\n";
  return script;
}

}  // namespace

void define_completion(CLI::App& parent, CommandContext& context) {
  const auto shell = std::make_shared<std::string>();
  CLI::App* command = parent.add_subcommand("completion", "a completion script for your shell");
  command->footer("Examples:\n  source <(tidemill completion bash)\n  source <(tidemill completion zsh)");
  command->add_option("shell", *shell, "bash or zsh")->required()->check(CLI::IsMember({"bash", "zsh"}));
  command->callback([&parent, &context, shell] {
    context.action = [&parent, &context, shell] {
      if (*shell == "zsh") context.out << "autoload -U +X bashcompinit && bashcompinit\n";
      context.out << bash_script(parent);
    };
  });
}

}  // namespace tidemill::cli
