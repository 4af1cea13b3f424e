#include "cli/tasks_run.h"

#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/foreground_tasks.h"
#include "cli/task_dependencies.h"
#include "dags/pipelines.h"
#include "workflow/operations/read_input.h"
#include "workflow/runs.h"
#include "workflow/scheduler/task_context.h"

namespace tidemill::cli {
namespace {

using workflow::DagRun;
using workflow::TaskInstance;
using workflow::TaskReport;

struct RunArguments {
  std::string dag_id, task_id, run, params;
  bool force = false, ignores_dependencies = false, ignores_past = false, mark_success = false,
       is_local = false;
};

using Arguments = std::shared_ptr<RunArguments>;

// The run of that id or logical date, or, for a date without one, a run that is in no database.
DagRun run_to_test(CommandContext& context, Workflow& workflow, const RunArguments& arguments) {
  const int64_t now_ms = context.services().clock().now_ms();
  const auto date_ms = arguments.run.empty() ? now_ms : workflow::find_instant(arguments.run);
  if (!arguments.run.empty()) {
    try {
      return workflow->run(arguments.dag_id, arguments.run);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kNotFound || !date_ms) throw;
    }
  }
  DagRun run;
  run.dag_id = arguments.dag_id;
  run.run_id = fmt::format("__airflow_temporary_run_{}__", instant_text(now_ms));
  run.logical_date_ms = run.data_interval_start_ms = run.data_interval_end_ms = date_ms;
  run.run_after_ms = run.queued_at_ms = now_ms;
  return run;
}

workflow::RunContext context_of(Workflow& workflow, const DagRun& run, const std::string& params) {
  const TimeZone zone = TimeZone::find(workflow->dag(run.dag_id).time_zone);
  workflow::RunContext context = workflow::run_context(workflow->store(), run, zone);
  if (params.empty()) return context;
  workflow::check_json_object(params, "--task-params");
  context.conf.update(parse_json(params, "--task-params"));
  return context;
}

void check_names(CommandContext& context, const RunArguments& arguments) {
  const std::vector<workflow::Dag> dags = dags::project_dags(context.services().options());
  const workflow::Dag& dag = named_dag(dags, arguments.dag_id, kDagNotParsed);
  if (dag.find_task(arguments.task_id) != nullptr) return;
  std::vector<std::string> ids;
  for (const workflow::Task& task : dag.tasks) ids.push_back(task.id);
  throw Error(ErrorCode::kNotFound, no_such("Task {} not found", arguments.task_id, ids));
}

void test(CommandContext& context, const RunArguments& arguments) {
  check_names(context, arguments);
  const auto lock = lock_for_tasks(context);
  Workflow workflow(context, /*to_change=*/false);
  const DagRun run = run_to_test(context, workflow, arguments);
  workflow::TaskLaunch launch;
  launch.dag_id = arguments.dag_id;
  launch.task_id = arguments.task_id;
  launch.run_id = run.run_id;
  launch.context = workflow::task_context(context_of(workflow, run, arguments.params), arguments.task_id,
                                          /*try_number=*/1);
  const TaskReport report = run_task_here(context, launch);
  if (!report.has_failed()) {
    context.err << "Done. Returned value was: "
                << (report.return_value.empty() ? "None" : report.return_value) << '\n';
  } else {
    context.err << "the task failed\n";
    context.exit_code = 1;
  }
}

TaskInstance instance_of(Workflow& workflow, const DagRun& run, const std::string& task_id) {
  const auto instance =
      workflow->store().find_task_instance(workflow::TaskKey{run.dag_id, run.run_id, task_id});
  if (instance) return *instance;
  throw Error(ErrorCode::kNotFound,
              fmt::format("TaskInstance for {}, {} with run_id or logical_date of '{}' not found", run.dag_id,
                          task_id, run.run_id));
}

// As Airflow 2: what keeps the task from being run, but for what is ignored.
std::vector<UnmetDependency> reasons_not_to_run(Workflow& workflow, const DagRun& run,
                                                const TaskInstance& instance, const RunArguments& arguments) {
  std::vector<UnmetDependency> reasons;
  const bool is_over = instance.state && is_finished(*instance.state);
  if (is_over && !arguments.force) {
    reasons.push_back({"Task Instance State", fmt::format("Task is in the '{}' state; --force runs it again.",
                                                          name_of(*instance.state))});
  }
  if (arguments.ignores_dependencies) return reasons;
  const workflow::Task& task = workflow->task(run.dag_id, instance.task_id);
  for (UnmetDependency& one : unmet_trigger_rule(workflow, run, task)) reasons.push_back(std::move(one));
  return reasons;
}

void run(CommandContext& context, const RunArguments& arguments) {
  check_names(context, arguments);
  const auto lock = lock_for_tasks(context);
  Workflow workflow(context, /*to_change=*/true);
  const DagRun found = workflow->run(arguments.dag_id, arguments.run);
  const TaskInstance instance = instance_of(workflow, found, arguments.task_id);
  for (const UnmetDependency& one : reasons_not_to_run(workflow, found, instance, arguments)) {
    context.err << "Dependencies not met for " << found.dag_id << '.' << instance.task_id << ' '
                << found.run_id << ", dependency '" << one.name << "' FAILED: " << one.reason << '\n';
    context.exit_code = 1;
  }
  if (context.exit_code != 0) return;
  if (arguments.mark_success) {
    workflow->mark({found.dag_id, found.run_id, instance.task_id}, workflow::TaskState::kSuccess);
    return;
  }
  work_here(context, workflow, found, arguments.task_id);
  const auto state = instance_of(workflow, found, arguments.task_id).state;
  const bool is_done = state == workflow::TaskState::kSuccess || state == workflow::TaskState::kSkipped;
  if (!is_done) context.exit_code = 1;
}

void render(CommandContext& context, const RunArguments& arguments) {
  check_names(context, arguments);
  Workflow workflow(context, /*to_change=*/false);
  const DagRun run = run_to_test(context, workflow, arguments);
  const Json told =
      parse_json(workflow::task_context(context_of(workflow, run, ""), arguments.task_id, /*try_number=*/1),
                 "the context");
  const std::string rule = "# " + std::string(58, '-');
  for (const auto& [name, value] : told.items()) {
    context.out << rule << "\n# property: " << name << '\n'
                << rule << '\n'
                << (value.is_string() ? value.get<std::string>() : value.dump()) << "\n\n";
  }
}

void failed_deps(CommandContext& context, const RunArguments& arguments) {
  check_names(context, arguments);
  Workflow workflow(context, /*to_change=*/false);
  const DagRun found = workflow->run(arguments.dag_id, arguments.run);
  const auto unmet = unmet_dependencies(workflow, found, instance_of(workflow, found, arguments.task_id),
                                        context.services().clock().now_ms());
  if (unmet.empty()) {
    context.out << "Task instance dependencies are all met.\n";
    return;
  }
  context.out << "Task instance dependencies not met:\n";
  for (const UnmetDependency& one : unmet) context.out << one.name << ": " << one.reason << '\n';
}

CLI::App* add(CLI::App& group, CommandContext& context, const char* name, const char* summary,
              const Arguments& arguments, void (*action)(CommandContext&, const RunArguments&),
              bool needs_run) {
  CLI::App* command = add_workflow_command(group, context, name, summary, arguments, action);
  command->add_option("dag_id", arguments->dag_id, "the DAG")->required()->type_name("DAG");
  command->add_option("task_id", arguments->task_id, "the task")->required()->type_name("TASK");
  CLI::Option* option = command->add_option(
      "run", arguments->run,
      needs_run ? "the run's id or logical date" : "the run's id or logical date; a date needs no run");
  option->required(needs_run)->type_name("RUN");
  return command;
}

}  // namespace

void define_tasks_run(CLI::App& group, CommandContext& context) {
  const auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = add(group, context, "test", "run a task here and now, without keeping its state",
                          arguments, test, /*needs_run=*/false);
  command->add_option("-t,--task-params", arguments->params, "JSON that is added to the run's conf")
      ->type_name("JSON");
  command->footer(
      "Example:\n  tidemill tasks test 01_data_generation_pipeline generate_data 2026-11-01\n"
      "\nThe work itself is done: data is written as in any run. Neither the task's state nor what it "
      "returns\n"
      "is kept, and no DAG is started by it. A task that needs what earlier ones returned is tested in a "
      "run\n"
      "that has them.");

  command =
      add(group, context, "run", "run one task of a run here and now, and keep its state", arguments, run,
          /*needs_run=*/true);
  command->add_flag("-f,--force", arguments->force, "also when it has succeeded or failed");
  command->add_flag("-i,--ignore-dependencies,-A,--ignore-all-dependencies", arguments->ignores_dependencies,
                    "whatever became of the tasks that it follows on");
  command->add_flag("-I,--ignore-depends-on-past", arguments->ignores_past, "the run before never matters");
  command->add_flag("-m,--mark-success", arguments->mark_success, "do not run it, only mark it successful");
  command->add_flag("-l,--local", arguments->is_local, "here; it always is");
  command->footer(
      "Example:\n  tidemill tasks run 03_model_training_pipeline train_random_forest RUN --force");

  add(group, context, "render", "what a task is told: dates, conf and what earlier tasks returned", arguments,
      render, /*needs_run=*/false);

  add(group, context, "failed-deps", "why a task of a run does not run", arguments, failed_deps,
      /*needs_run=*/true);
}

}  // namespace tidemill::cli
