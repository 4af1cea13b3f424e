#include <cerrno>
#include <filesystem>
#include <new>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/option_checks.h"

namespace tidemill::cli {
namespace {

constexpr char kFooter[] =
    "Examples:\n"
    "  tidemill init churn && tidemill -C churn run --from 2026-11-01 --to 2026-11-03\n"
    "  tidemill models list\n"
    "  tidemill predict customers.csv --model models:/customer_churn_model/Staging\n"
    "\n"
    "'tidemill COMMAND --help' explains a command. Exit codes: 0 done, 2 wrong input, 4 not found, 6 "
    "another\n"
    "writer, 9 damaged data, 10 quality refused, 11 schema changed, 12 disk full "
    "(docs/reference/exit-codes.md).";

bool is_unknown_option(const CLI::App& app, const std::string& word) {
  if (word.size() < 2 || word[0] != '-') return false;
  const std::string name = word[1] == '-' ? word.substr(0, word.find('=')) : word.substr(0, 2);
  return app.get_option_no_throw(name) == nullptr;
}

// "unknown command 'trian'; did you mean 'train'?"; empty when every word names a command or an argument.
std::string unknown_command(const CLI::App& app, int argc, const char* const* argv) {
  const CLI::App* level = &app;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word == "-C" || word == "--project-dir" || word == "--lock-timeout") ++i;  // their values
    if (level == &app && is_unknown_option(app, word)) {
      return fmt::format("'{}' is no option of {} itself: options of a command stand behind it", word,
                         app.get_name());
    }
    if (word.empty() || word[0] == '-') continue;
    const CLI::App* next = nullptr;
    std::vector<std::string> names;
    for (const CLI::App* sub : level->get_subcommands([](const CLI::App*) { return true; })) {
      names.push_back(sub->get_name());
      if (sub->get_name() == word) next = sub;
    }
    if (next != nullptr) {
      level = next;
      continue;
    }
    if (names.empty()) return "";  // the word is an argument
    return "unknown command '" + word + "'" + did_you_mean(word, names);
  }
  return "";
}

void print_error(CommandContext& context, const std::string& message) {
  const char* red = context.color ? "\033[31m" : "";
  const char* plain = context.color ? "\033[0m" : "";
  context.err << red << "error:" << plain << ' ' << message << '\n';
}

int report(CommandContext& context, const Error& error) {
  print_error(context, error.message());
  const bool is_airflows = context.error_exit_code != 0 && error.code() != ErrorCode::kInternal;
  return is_airflows ? context.error_exit_code : exit_code(error.code());
}

int run_action(CommandContext& context) {
  try {
    context.action();
    return context.exit_code;
  } catch (const Error& error) {
    return report(context, error);
  } catch (const std::filesystem::filesystem_error& error) {
    try {
      throw_system_error(error.code().value(), "use", error.path1().string());
    } catch (const Error& mapped) {
      return report(context, mapped);
    }
  } catch (const std::bad_alloc&) {
    return report(context, Error(ErrorCode::kResourceExhausted,
                                 "out of memory: lower engine.memory_limit or the number of threads"));
  } catch (const std::exception& error) {
    return report(context,
                  Error(ErrorCode::kInternal, fmt::format("a mistake in tidemill: {}", error.what())));
  }
}

// What was written for nobody is not done. A reader that went away (`| head`) has seen what it wanted.
int checked_output(CommandContext& context, int code) {
  context.out.flush();
  if (context.out.good()) return code;
  context.out.clear();
  errno = EIO;
  context.out << '\n' << std::flush;  // once more, for the reason
  if (errno == EPIPE) return code;
  try {
    throw_system_error(errno, "write to", "stdout");
  } catch (const Error& error) {
    const int failure = report(context, error);
    return code != 0 ? code : failure;
  }
}

// Of the command that was meant, as far as it was understood.
std::string help_of(const CLI::App& app, const std::string& program) {
  std::string words = program;
  for (const CLI::App* level = &app; !level->get_subcommands().empty();) {
    level = level->get_subcommands().front();
    words += " " + level->get_name();
  }
  return words + " --help";
}

int parse_and_run(int argc, const char* const* argv, CommandContext& context) {
  CLI::App app(
      "Continuous retraining for tabular models: data in, validated, prepared, models retrained,\n"
      "tracked, registered and promoted, in one program.",
      context.program);
  app.set_version_flag("--version", context.application.version());
  app.add_option("-C,--project-dir", context.project_dir, "work on the project in this folder")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--lock-timeout", context.lock_timeout_s,
                 "seconds to wait for another writer of the project")
      ->type_name("SECONDS")
      ->capture_default_str()
      ->transform(integer_between(0));
  app.require_subcommand(1);
  app.fallthrough();
  for (const DefineCommand define : all_commands()) define(app, context);
  refuse_empty_values(app);
  app.footer(kFooter);  // now: commands made after it would have it too
  if (context.program == "airflow") app.get_subcommand("up")->alias("standalone");
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp& help) {
    return app.exit(help, context.out, context.err);
  } catch (const CLI::CallForVersion& version) {
    return app.exit(version, context.out, context.err);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error, context.out, context.err);
    if (argc == 1) {
      context.err << app.help();
      return 2;
    }
    const std::string unknown = unknown_command(app, argc, argv);
    print_error(context, unknown.empty() ? error.what() : unknown);
    context.err << "see '" << help_of(app, context.program) << "'\n";
    return 2;
  }
  return context.action ? run_action(context) : 0;
}

}  // namespace

int run_command_line(int argc, const char* const* argv, CommandContext& context) {
  return checked_output(context, parse_and_run(argc, argv, context));
}

}  // namespace tidemill::cli
