#include "cli/foreground_tasks.h"

#include <chrono>
#include <functional>
#include <iostream>
#include <thread>

#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/pattern.h"
#include "cli/progress.h"
#include "cli/stage_context.h"
#include "dags/tasks.h"
#include "workflow/executor/task_log.h"
#include "workflow/scheduler/callback_runner.h"
#include "workflow/scheduler/foreground.h"

namespace tidemill::cli {
namespace {

using workflow::TaskReport;

// A stream whose lines are given to somebody.
class LineStream final : public std::streambuf {
 public:
  explicit LineStream(std::function<void(const std::string&)> on_line) : on_line_(std::move(on_line)) {}
  void finish() {
    if (!line_.empty()) on_line_(std::exchange(line_, ""));
  }

 private:
  int_type overflow(int_type c) override {
    if (c == traits_type::eof()) return traits_type::not_eof(c);
    if (c != '\n') {
      line_ += static_cast<char>(c);
    } else {
      on_line_(std::exchange(line_, ""));
    }
    return c;
  }

  std::function<void(const std::string&)> on_line_;
  std::string line_;
};

std::string ending_of(const workflow::TaskInstance& instance) {
  return instance.state ? std::string(name_of(*instance.state)) : "no state";
}

void say(CommandContext& context, const std::string& text, const std::string& level = "info") {
  context.err << workflow::line_text({workflow::log_timestamp_now(), level, text, "tidemill"}) << std::endl;
}

// Says what becomes of each task, once.
class StateTeller {
 public:
  StateTeller(CommandContext& context, workflow::Store& store, const workflow::DagRun& run)
      : context_(context), store_(store), run_(run) {}
  void tell() {
    for (const auto& instance : store_.task_instances_of(run_.dag_id, run_.run_id)) {
      const bool is_told = instance.state && (is_finished(*instance.state) ||
                                              instance.state == workflow::TaskState::kUpForRetry);
      if (!is_told) continue;
      const std::string text = ending_of(instance) + std::to_string(instance.try_number);
      if (std::exchange(told_[instance.task_id], text) == text) continue;
      say(context_, fmt::format("task {}: {}", instance.task_id, ending_of(instance)));
    }
  }
  // Before: what is known already is not told.
  void skip() {
    for (const auto& instance : store_.task_instances_of(run_.dag_id, run_.run_id)) {
      if (instance.state) told_[instance.task_id] = ending_of(instance) + std::to_string(instance.try_number);
    }
  }

 private:
  CommandContext& context_;
  workflow::Store& store_;
  const workflow::DagRun& run_;
  std::map<std::string, std::string> told_;
};

}  // namespace

std::unique_ptr<WriterLock> lock_for_tasks(CommandContext& context) {
  auto lock = lock_project(context);
  context.services().sweep();
  Workflow(context, /*to_change=*/true)->end_dead_tests();
  return lock;
}

TaskReport run_task_here(CommandContext& context, const workflow::TaskLaunch& launch) {
  std::optional<workflow::TaskLog> log;
  if (!launch.log_file.empty()) log.emplace(launch.log_file);
  const auto write = [&](const std::string& level, const std::string& text) {
    const workflow::LogRecord record = {workflow::log_timestamp_now(), level, text, "task.stdout"};
    if (log) log->append(record);
    context.err << workflow::line_text(record) << std::endl;
  };
  LineStream lines([&](const std::string& line) { write("info", line); });
  std::ostream out(&lines);
  LineProgress progress(out);
  dags::StageContext stages = stage_context(context.services(), progress);
  TaskReport report = dags::run_task(stages, launch, out);
  lines.finish();
  if (report.has_failed()) write("error", report.error);
  return report;
}

void work_here(CommandContext& context, Workflow& workflow, const workflow::DagRun& run,
               const std::optional<std::string>& only_task, const std::string& success_pattern) {
  Services& services = context.services();
  std::optional<Pattern> counts_as_success;
  if (!success_pattern.empty()) counts_as_success.emplace(kSuccessPattern, success_pattern);
  StateTeller teller(context, workflow->store(), run);
  teller.skip();
  const auto run_task = [&](const workflow::TaskLaunch& launch) {
    teller.tell();
    const bool is_run = !counts_as_success || !counts_as_success->is_in(launch.task_id);
    say(context, fmt::format("task {} of {}, try {}{}", launch.task_id, launch.run_id, launch.try_number,
                             is_run ? "" : ": marked success, not run"));
    return is_run ? run_task_here(context, launch) : TaskReport();
  };
  workflow::InProcessExecutor executor(run_task, services.clock());
  const auto liveness = workflow::make_liveness(services.metadata_for_writing(),
                                                services.project_dir() / ".tidemill" / "schedulers");
  workflow::NoCallbacks callbacks;
  workflow::SchedulerOptions settings;
  settings.log_dir = (services.project_dir() / "logs").string();
  settings.hostname = host_name();
  settings.pid = getpid();
  settings.start_patience_ms = 0;  // nothing is written while a task runs here
  settings.foreground = workflow::RunName{run.dag_id, run.run_id};
  settings.foreground_task = only_task;
  workflow::Scheduler scheduler(services.metadata_for_writing(), workflow.dags(), executor, services.clock(),
                                settings, callbacks, *liveness);
  const auto is_over = [&] {
    teller.tell();
    if (only_task) {
      const auto instance =
          workflow->store().find_task_instance(workflow::TaskKey{run.dag_id, run.run_id, *only_task});
      return !instance || !instance->job_id;
    }
    const auto now = workflow->store().find_run(run.id);
    return !now || is_finished(now->state);
  };
  workflow::work_in_foreground(scheduler, executor, services.clock(), is_over, [](int64_t ms) {
    std::this_thread::sleep_for(std::chrono::milliseconds(ms));
  });
}

}  // namespace tidemill::cli
