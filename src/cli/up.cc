// up: the scheduler, its tasks and the web server, until SIGTERM or Ctrl-C.

#include <atomic>
#include <csignal>
#include <iostream>
#include <mutex>
#include <thread>

#include <CLI/CLI.hpp>
#include <pthread.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/option_checks.h"
#include "cli/progress.h"
#include "cli/stage_context.h"
#include "cli/workflow_commands.h"
#include "dags/pipelines.h"
#include "dags/tasks.h"
#include "server/web_server.h"
#include "workflow/callbacks/callback_threads.h"
#include "workflow/executor/launcher.h"
#include "workflow/scheduler/scheduler.h"

namespace tidemill::cli {
namespace {

constexpr int kLockTimeoutS = 3600;  // tasks wait for a command that works alone

// In a process of its own, whose standard output is the task's log.
workflow::TaskReport run_task(CommandContext& context, const workflow::TaskLaunch& launch) {
  Services& services = context.services();
  const auto lock = services.lock_for_writing(
      metadata::LockMode::kShared, kLockTimeoutS,
      [](const std::string& holder) { std::cout << "waiting for " << holder << std::endl; });
  LineProgress progress(std::cout);
  dags::StageContext stages = stage_context(services, progress);
  return dags::run_task(stages, launch, std::cout);
}

// What killed tasks and tests left behind goes away when nobody works on the project.
void sweep_if_alone(CommandContext& context) {
  Services& services = context.services();
  try {
    const auto lock = services.lock_for_writing(metadata::LockMode::kExclusive, 0, [](const std::string&) {});
    services.sweep();
    Workflow(context, /*to_change=*/true)->end_dead_tests();
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

struct UpArguments {
  std::string host = "127.0.0.1";
  uint16_t port = 8080;
  std::string certificate, key;  // PEM files
  std::string base_url;
  bool scheduler_only = false;
};

// "tidemill 0.1.0" without the name.
std::string version_number(const std::string& version) {
  return version.substr(version.rfind(' ') + 1);
}

server::WebOptions web_options(CommandContext& context, const UpArguments& arguments) {
  server::WebOptions options;
  options.address = arguments.host;
  options.port = arguments.port;
  options.base_url = arguments.base_url;
  if (!arguments.certificate.empty()) options.tls = {arguments.certificate, arguments.key};
  options.signing_key =
      server::load_signing_key(context.services().project_dir() / ".tidemill" / "signing_key");
  options.given_password = context.application.environment_variable("TIDEMILL_ADMIN_PASSWORD");
  return options;
}

// Started; nothing for --scheduler-only. `wake` wakes the scheduler.
std::unique_ptr<server::WebServer> start_web(CommandContext& context, const UpArguments& arguments,
                                             const std::vector<workflow::Dag>& dags,
                                             const std::filesystem::path& log_dir,
                                             const std::function<void()>& wake) {
  if (arguments.scheduler_only) return nullptr;
  Services& services = context.services();
  server::WebOptions options = web_options(context, arguments);
  const bool has_password = options.given_password.has_value();
  const auto mutex = std::make_shared<std::mutex>();
  const auto report = [&context, mutex](const std::string& line) {
    const std::lock_guard lock(*mutex);
    context.err << line << std::endl;
  };
  auto web = std::make_unique<server::WebServer>(
      server::ServerContext{version_number(context.application.version()), services.options().name, log_dir,
                            dags, services.clock(), services.clock().now_ms(),
                            [&context] {
                              auto project = context.application.open_again();
                              project->do_not_wait_for_servers();  // a page can be asked for again
                              return project;
                            },
                            wake,
                            /*http_counters=*/{}, report},
      std::move(options));
  web->start();
  // Only now: who cannot listen shows no password that is shown once.
  if (!has_password) {
    if (const auto password =
            server::ensure_admin(services.metadata_for_writing(), services.clock().now_ms())) {
      context.err << "sign in as admin with the password " << *password << " (shown this once)\n";
    }
  }
  context.out << web->url() << '\n';
  return web;
}

void up(CommandContext& context, const UpArguments& arguments) {
  if (arguments.certificate.empty() != arguments.key.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "--ssl-cert and --ssl-key belong together");
  }
  Services& services = context.services();
  const dags::ProjectOptions& options = services.options();
  // Before there is any thread.
  const auto executor = workflow::start_launcher(
      [&context](const workflow::TaskLaunch& launch) { return run_task(context, launch); }, {});
  sweep_if_alone(context);
  Workflow workflow(context, /*to_change=*/true);
  set_training_pool(workflow.operations(), options.schedule.training_slots);

  const std::filesystem::path hidden = services.project_dir() / ".tidemill";
  const auto liveness = workflow::make_liveness(services.metadata_for_writing(), hidden / "schedulers");
  workflow::CallbackThreads callbacks({.folder = services.project_dir()});
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
  const auto web =
      start_web(context, arguments, workflow.dags(), settings.log_dir, [&scheduler] { scheduler.wake(); });
  for (const workflow::Dag& dag : workflow.dags()) {
    context.err << "scheduling " << dag.id << '\n';
  }
  scheduler.tick();  // from here on it is known to be there
  context.out << "ready" << std::endl;
  scheduler.run(is_stopping);
  if (web) web->stop();
  context.err << "stopped\n";
}

}  // namespace

void define_up(CLI::App& parent, CommandContext& context) {
  const auto arguments = std::make_shared<UpArguments>();
  CLI::App* command = parent.add_subcommand(
      "up", "run the project's DAGs by their schedules and serve pages and API, until SIGTERM or Ctrl-C");
  command->add_option("-p,--port", arguments->port, "port of the pages and the API; 0: a free one")
      ->capture_default_str()
      ->transform(integer_between(0, 65535));
  command
      ->add_option(
          "-H,--host", arguments->host,
          "IP address to listen on; beyond loopback give --ssl-cert too, or put a proxy with TLS before it")
      ->capture_default_str();
  command->add_option("--ssl-cert", arguments->certificate,
                      "PEM file: the server's certificate and its chain");
  command->add_option("--ssl-key", arguments->key, "PEM file: the certificate's private key");
  command
      ->add_option(
          "--base-url", arguments->base_url,
          "where a proxy with TLS serves it: https://HOST; being on this machine lets nobody in then")
      ->type_name("URL");
  command->add_flag("--scheduler-only", arguments->scheduler_only, "no pages, no API");
  command->footer(
      "Example:\n  tidemill up &\n  tidemill dags trigger 01_data_generation_pipeline\n"
      "\nPages are on http://127.0.0.1:8080. Sign in as admin: TIDEMILL_ADMIN_PASSWORD is the password, or "
      "the "
      "one\nthat the first start shows.\n"
      "\nWhat a task prints is in logs/, also shown by 'tidemill tasks logs'. When the three DAGs run stands "
      "in\n"
      "[schedule] of tidemill.toml.");
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { up(context, *arguments); }; });
}

}  // namespace tidemill::cli
