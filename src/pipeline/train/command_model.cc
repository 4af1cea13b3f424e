#include "pipeline/train/command_model.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "pipeline/train/parameters_json.h"

namespace tidemill::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr size_t kShownOutputBytes = 2000;

struct ProcessEnd {
  int status = 0;
  std::string output;  // stdout and stderr, the last part
};

// Runs without a shell, so that no argument is read as anything but itself.
ProcessEnd run_process(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                       const fs::path& working_dir) {
  std::array<int, 2> pipe_fds{};
  if (pipe2(pipe_fds.data(), O_CLOEXEC) != 0) throw_system_error(errno, "make a pipe for", command.front());
  std::vector<char*> argv, envp;
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));  // NOLINT: execvpe
  argv.push_back(nullptr);
  for (const std::string& entry : environment) envp.push_back(const_cast<char*>(entry.c_str()));  // NOLINT
  envp.push_back(nullptr);
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child < 0) throw_system_error(errno, "start", command.front());
  if (child == 0) {
    // Whatever ends this process ends the program, which would train for nobody. It stays in the group: what
    // it starts itself goes with Ctrl-C and with its task.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(126);  // it ended before that
    dup2(pipe_fds[1], STDOUT_FILENO);
    dup2(pipe_fds[1], STDERR_FILENO);
    if (chdir(working_dir.c_str()) != 0) _exit(126);
    execvpe(argv[0], argv.data(), envp.data());
    _exit(127);
  }
  close(pipe_fds[1]);
  ProcessEnd end;
  std::array<char, 4096> block{};
  ssize_t got = 0;
  while ((got = read(pipe_fds[0], block.data(), block.size())) > 0 || (got < 0 && errno == EINTR)) {
    if (got > 0) end.output.append(block.data(), static_cast<size_t>(got));
    if (end.output.size() > 4 * kShownOutputBytes) end.output.erase(0, end.output.size() - kShownOutputBytes);
  }
  close(pipe_fds[0]);
  while (waitpid(child, &end.status, 0) < 0 && errno == EINTR) {
  }
  if (end.output.size() > kShownOutputBytes) end.output.erase(0, end.output.size() - kShownOutputBytes);
  return end;
}

std::vector<std::string> command_environment(const ModelSpec& spec, const TrainingData& data, uint64_t seed,
                                             const fs::path& output_dir, const storage::ObjectStore& store) {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) environment.emplace_back(*entry);
  const std::string prefix = prepared_prefix(data.manifest.date);
  const fs::path copies = output_dir / "inputs";  // where objects are no files
  for (const auto& [variable, file] :
       {std::pair{"TIDEMILL_TRAIN=", kTrainFile}, {"TIDEMILL_TEST=", kTestFile}}) {
    environment.push_back(variable + store.local_file(prefix + "/" + file, copies).string());
  }
  environment.push_back("TIDEMILL_TARGET=" + data.preparation.roles.target);
  environment.push_back("TIDEMILL_KEY=" + data.preparation.roles.key);
  environment.push_back("TIDEMILL_PARAMETERS=" + parameters_to_json(spec.parameters).dump());
  environment.push_back("TIDEMILL_OUTPUT=" + output_dir.string());
  environment.push_back("TIDEMILL_SEED=" + std::to_string(seed));
  return environment;
}

// The last field of each line after the header.
std::vector<double> read_predictions(const fs::path& path, const std::string& place) {
  std::ifstream file(path);
  if (!file) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{}: the command left no predictions.csv in TIDEMILL_OUTPUT", place));
  }
  std::vector<double> predictions;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty()) continue;
    const std::string field = line.substr(line.rfind(',') + 1);
    double value = 0;
    const auto [end, error] = std::from_chars(field.data(), field.data() + field.size(), value);
    if (error != std::errc() || end != field.data() + field.size() || !std::isfinite(value)) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("{}: predictions.csv line {}: '{}' is not a finite number", place,
                              predictions.size() + 2, field));
    }
    predictions.push_back(value);
  }
  return predictions;
}

}  // namespace

Candidate run_command_model(const ModelSpec& spec, const TrainingData& data, uint64_t seed,
                            const fs::path& project_dir, const fs::path& output_dir,
                            const storage::ObjectStore& store) {
  const ProcessEnd end =
      run_process(spec.command, command_environment(spec, data, seed, output_dir, store), project_dir);
  if (!WIFEXITED(end.status) || WEXITSTATUS(end.status) != 0) {
    const std::string how = WIFEXITED(end.status)
                                ? fmt::format("ended with exit code {}", WEXITSTATUS(end.status))
                                : fmt::format("was killed by signal {}", WTERMSIG(end.status));
    const char* hint = WIFEXITED(end.status) && WEXITSTATUS(end.status) == 127 ? " (no such program?)" : "";
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{}: the command '{}' {}{}\n{}", spec.place,
                                                         spec.command.front(), how, hint, end.output));
  }
  Candidate candidate;
  candidate.name = spec.name;
  candidate.kind = spec.kind;
  candidate.parameters = spec.parameters;
  candidate.model_dir = output_dir / "model";
  if (!fs::is_regular_file(candidate.model_dir / "MLmodel")) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{}: the command left no model/MLmodel in TIDEMILL_OUTPUT", spec.place));
  }
  candidate.test_predictions = read_predictions(output_dir / "predictions.csv", spec.place);
  if (candidate.test_predictions.size() != data.test_row_count) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{}: predictions.csv has {} rows, the test set has {}", spec.place,
                            candidate.test_predictions.size(), data.test_row_count));
  }
  score_candidate(candidate, data);
  return candidate;
}

}  // namespace tidemill::pipeline
