#include <cstdlib>
#include <iostream>

#include <unistd.h>

#include "app/services.h"
#include "cli/command.h"

int main(int argc, char** argv) {
  using namespace tidemill;
  std::ios::sync_with_stdio(false);
  const bool err_is_terminal = isatty(STDERR_FILENO) == 1;
  app::TidemillApplication application(app::process_environment(),
                                       [](const std::string& message) { std::cerr << message << '\n'; });
  cli::CommandContext context{application, std::cout, std::cerr};
  context.err_is_terminal = err_is_terminal;
  context.color = err_is_terminal && std::getenv("NO_COLOR") == nullptr;
  const int code = cli::run_command_line(argc, argv, context);
  std::cout.flush();
  return code;
}
