#pragma once
// A command: one file that defines its options and what it does, one line in commands.cc.

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "cli/services.h"

namespace CLI {
class App;
}

namespace tidemill::cli {

// What a command works with. Data goes to `out`, everything said to a person to `err`.
struct CommandContext {
  Application& application;
  std::ostream& out;
  std::ostream& err;
  bool err_is_terminal = false;      // one that understands escape sequences
  bool color = false;                // only on a terminal, and NO_COLOR unset or empty
  std::string program = "tidemill";  // what it was started as
  std::string project_dir = ".";     // -C
  int lock_timeout_s = 60;
  int exit_code = 0;        // set by a command that ends well but not with 0
  int error_exit_code = 0;  // of any Error; 0: by its kind
  std::function<void()> action =
      nullptr;  // what to do once the whole line is parsed; set by the command given

  Services& services() { return application.open(project_dir); }
};

using DefineCommand = void (*)(CLI::App& parent, CommandContext& context);

// Every command, in the order of --help.
const std::vector<DefineCommand>& all_commands();

// Parses and runs; the only place where an Error becomes a message and an exit code.
int run_command_line(int argc, const char* const* argv, CommandContext& context);

}  // namespace tidemill::cli
