#include <cstdlib>
#include <filesystem>
#include <iostream>

#include <fcntl.h>
#include <unistd.h>

#include "app/services.h"
#include "cli/command.h"

namespace {

std::string value_of(const tidemill::app::Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

// Started as `airflow`, through a link: as Airflow's, its commands find their project by the environment.
std::string airflow_project(const tidemill::app::Environment& environment) {
  const std::string project = value_of(environment, "TIDEMILL_PROJECT");
  if (!project.empty()) return project;
  const std::string home = value_of(environment, "AIRFLOW_HOME");
  const bool is_project =
      !home.empty() && std::filesystem::exists(std::filesystem::path(home) / "tidemill.toml");
  return is_project ? home : ".";  // the home of a real Airflow is none
}

// A closed standard stream would be the next file that is opened, a database perhaps, and be written to.
void occupy_standard_streams() {
  for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (fcntl(fd, F_GETFD) >= 0) continue;
    // Writing to the output fails, as it should.
    open("/dev/null", fd == STDERR_FILENO ? O_WRONLY : O_RDONLY);
  }
}

}  // namespace

int main(int argc, char** argv) {
  using namespace tidemill;
  occupy_standard_streams();
  std::ios::sync_with_stdio(false);
  const app::Environment environment = app::process_environment();
  unsetenv("TIDEMILL_ADMIN_PASSWORD");  // no program that is started needs it
  // A dumb terminal shows escape sequences as text. An empty NO_COLOR counts as none (no-color.org).
  const bool err_is_terminal = isatty(STDERR_FILENO) == 1 && value_of(environment, "TERM") != "dumb";
  app::TidemillApplication application(environment,
                                       [](const std::string& message) { std::cerr << message << '\n'; });
  cli::CommandContext context{application, std::cout, std::cerr};
  if (argc > 0 && std::filesystem::path(argv[0]).filename() == "airflow") {
    context.program = "airflow";
    context.project_dir = airflow_project(environment);
  }
  context.err_is_terminal = err_is_terminal;
  context.color = err_is_terminal && value_of(environment, "NO_COLOR").empty();
  const int code = cli::run_command_line(argc, argv, context);
  application.close_databases();
  std::cout.flush();
  std::cerr.flush();
  // The SQL engine is left to the system, which takes it down sooner.
  std::_Exit(code);
}
