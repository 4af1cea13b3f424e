// up: the scheduler and its tasks, until SIGTERM or Ctrl-C.

#include <array>
#include <atomic>
#include <csignal>
#include <iostream>
#include <thread>

#include <CLI/CLI.hpp>
#include <pthread.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/stage_context.h"
#include "cli/workflow_commands.h"
#include "dags/pipelines.h"
#include "dags/tasks.h"
#include "workflow/executor/launcher.h"
#include "workflow/scheduler/callback_runner.h"
#include "workflow/scheduler/scheduler.h"

namespace tidemill::cli {
namespace {

constexpr int kLockTimeoutS = 3600;  // tasks wait for a command that works alone

// Steps as lines of the task's log.
class LogProgress final : public pipeline::Progress {
 public:
  explicit LogProgress(std::ostream& log) : log_(log) {}
  void step(const std::string& what, double /*fraction_done*/) override {
    if (what != last_) log_ << what << std::endl;
    last_ = what;
  }

 private:
  std::ostream& log_;
  std::string last_;
};

// In a process of its own, whose standard output is the task's log.
workflow::TaskReport run_task(CommandContext& context, const workflow::TaskLaunch& launch) {
  Services& services = context.services();
  const auto lock = services.lock_for_writing(
      metadata::LockMode::kShared, kLockTimeoutS,
      [](const std::string& holder) { std::cout << "waiting for " << holder << std::endl; });
  LogProgress progress(std::cout);
  dags::StageContext stages = stage_context(services, progress);
  return dags::run_task(stages, launch, std::cout);
}

// What killed tasks left behind goes away when nobody works on the project.
void sweep_if_alone(Services& services) {
  try {
    const auto lock = services.lock_for_writing(metadata::LockMode::kExclusive, 0, [](const std::string&) {});
    services.sweep();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kConflict) throw;
  }
}

// The project file says how many models are trained at once.
void set_training_pool(workflow::Operations& operations, int slots) {
  const auto pool = operations.store().find_pool(dags::kTrainingPool);
  if (pool && pool->slots == slots) return;
  workflow::Pool wanted;
  wanted.name = dags::kTrainingPool;
  wanted.slots = slots;
  wanted.description = "Models in training: schedule.training_slots of tidemill.toml";
  operations.set_pool(wanted);
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

// Waits for SIGTERM or SIGINT in a thread of its own; every other thread has them blocked.
class StopOnSignal {
 public:
  template <typename Stop>
  explicit StopOnSignal(const Stop& stop) {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGTERM);
    sigaddset(&signals_, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    thread_ = std::thread([this, stop] {
      int signal = 0;
      sigwait(&signals_, &signal);
      stop();
    });
  }
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;
  ~StopOnSignal() {
    pthread_kill(thread_.native_handle(), SIGTERM);  // if none came
    thread_.join();
  }

 private:
  sigset_t signals_{};
  std::thread thread_;
};

void up(CommandContext& context) {
  Services& services = context.services();
  const dags::ProjectOptions& options = services.options();
  // Before there is any thread.
  const auto executor = workflow::start_launcher(
      [&context](const workflow::TaskLaunch& launch) { return run_task(context, launch); }, {});
  sweep_if_alone(services);
  Workflow workflow(context, /*to_change=*/true);
  set_training_pool(workflow.operations(), options.schedule.training_slots);

  const std::filesystem::path hidden = services.project_dir() / ".tidemill";
  const auto liveness = workflow::make_liveness(services.metadata_for_writing(), hidden / "schedulers");
  workflow::NoCallbacks callbacks;
  workflow::SchedulerOptions settings;
  settings.log_dir = (services.project_dir() / "logs").string();
  settings.hostname = host_name();
  settings.pid = getpid();
  workflow::Scheduler scheduler(services.metadata_for_writing(), workflow.dags(), *executor, services.clock(),
                                settings, callbacks, *liveness);
  std::atomic<bool> is_stopping = false;
  const StopOnSignal signal([&] {
    is_stopping = true;
    scheduler.wake();
  });
  for (const workflow::Dag& dag : workflow.dags()) {
    context.err << "scheduling " << dag.id << '\n';
  }
  context.out << "ready" << std::endl;
  scheduler.run(is_stopping);
  context.err << "stopped\n";
}

}  // namespace

void define_up(CLI::App& parent, CommandContext& context) {
  CLI::App* command =
      parent.add_subcommand("up", "run the project's DAGs by their schedules, until SIGTERM or Ctrl-C");
  command->footer(
      "Example:\n  tidemill up &\n  tidemill dags trigger 01_data_generation_pipeline\n"
      "\nWhat a task prints is in logs/, also shown by 'tidemill tasks logs'. When the three DAGs run stands "
      "in\n"
      "[schedule] of tidemill.toml.");
  command->callback([&context] { context.action = [&context] { up(context); }; });
}

}  // namespace tidemill::cli
