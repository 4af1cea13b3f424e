// tasks list|state|states-for-dag-run|clear|logs: Airflow's commands, output and exit codes
// (airflow/cli/commands/task_command.py); `logs` is Tidemill's own.

#include <filesystem>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/option_checks.h"
#include "cli/output.h"
#include "cli/pattern.h"
#include "cli/task_log_view.h"
#include "cli/tasks_run.h"
#include "cli/workflow_commands.h"
#include "workflow/log_files.h"

namespace tidemill::cli {
namespace {

using workflow::Task;
using workflow::TaskInstance;

struct TasksArguments {
  std::string dag_id, task_id, run, task_regex, start_date, end_date;
  int try_number = 0;
  bool downstream = false, upstream = false, only_failed = false, only_running = false, yes = false,
       follow = false;
  OutputFormat format = OutputFormat::kTable;
};

using Arguments = std::shared_ptr<TasksArguments>;
using Rows = std::vector<std::vector<std::string>>;

std::string state_text(const TaskInstance& instance) {
  return instance.state ? std::string(name_of(*instance.state)) : "None";
}

void list(CommandContext& context, const TasksArguments& arguments) {
  Workflow workflow(context, /*to_change=*/false);
  for (const Task* task : topological_order(named_dag(workflow.dags(), arguments.dag_id, kDagNotParsed)))
    context.out << task->id << '\n';
}

TaskInstance find_instance(Workflow& workflow, const TasksArguments& arguments) {
  workflow->task(arguments.dag_id, arguments.task_id);
  const workflow::DagRun run = workflow->run(arguments.dag_id, arguments.run);
  const auto instance = workflow->store().find_task_instance(
      workflow::TaskKey{arguments.dag_id, run.run_id, arguments.task_id});
  if (instance) return *instance;
  throw Error(ErrorCode::kNotFound,
              fmt::format("Task {} has no instance in {}", arguments.task_id, run.run_id));
}

void state(CommandContext& context, const TasksArguments& arguments) {
  Workflow workflow(context, /*to_change=*/false);
  context.out << state_text(find_instance(workflow, arguments)) << '\n';
}

void states_for_dag_run(CommandContext& context, const TasksArguments& arguments) {
  Workflow workflow(context, /*to_change=*/false);
  const workflow::DagRun run = workflow->run(arguments.dag_id, arguments.run);
  Rows rows;
  for (const TaskInstance& instance : workflow->store().task_instances_of(run.dag_id, run.run_id)) {
    rows.push_back({run.dag_id, instant_text(run.logical_date_ms), instance.task_id,
                    instance.state ? state_text(instance) : "", instant_text(instance.start_ms),
                    instant_text(instance.end_ms)});
  }
  print_rows(context.out, arguments.format,
             {"dag_id", "logical_date", "task_id", "state", "start_date", "end_date"}, rows);
}

std::vector<std::string> tasks_like(const workflow::Dag& dag, const std::string& pattern) {
  const Pattern wanted("--task-regex", pattern);
  std::vector<std::string> ids;
  for (const Task& task : dag.tasks) {
    if (wanted.is_in(task.id)) ids.push_back(task.id);
  }
  if (ids.empty())
    throw Error(ErrorCode::kNotFound, fmt::format("no task of {} is like '{}'", dag.id, pattern));
  return ids;
}

bool is_agreed(CommandContext& context, const std::vector<TaskInstance>& instances) {
  context.err << "You are about to clear " << instances.size() << " task instances:\n";
  for (const TaskInstance& instance : instances) {
    context.err << "  " << instance.dag_id << ' ' << instance.run_id << ' ' << instance.task_id << '\n';
  }
  return is_agreed(context);
}

void clear(CommandContext& context, const TasksArguments& arguments) {
  Workflow workflow(context, /*to_change=*/true);
  const workflow::Dag& dag =
      named_dag(workflow.dags(), arguments.dag_id, "Dag '{}' could not be found in the database");
  workflow::RunFilter filter;
  filter.dag_id = dag.id;
  if (!arguments.start_date.empty()) filter.logical_date_from_ms = parse_instant(arguments.start_date);
  if (!arguments.end_date.empty()) filter.logical_date_to_ms = parse_instant(arguments.end_date);
  workflow::ClearOptions options;
  if (!arguments.task_regex.empty()) options.task_ids = tasks_like(dag, arguments.task_regex);
  options.include_downstream = arguments.downstream;
  options.include_upstream = arguments.upstream;
  options.only_failed = arguments.only_failed;
  options.only_running = arguments.only_running;
  const std::vector<workflow::DagRun> runs = workflow->store().list_runs(filter, {1'000'000});
  const auto clear_all = [&](bool is_dry_run) {
    options.is_dry_run = is_dry_run;
    std::vector<TaskInstance> instances;
    metadata::Transaction transaction(workflow->store().database());  // all runs or none
    for (const workflow::DagRun& run : runs) {
      for (TaskInstance& one : workflow->clear(dag.id, run.run_id, options))
        instances.push_back(std::move(one));
    }
    transaction.commit();
    return instances;
  };
  if (!arguments.yes) {
    const std::vector<TaskInstance> instances = clear_all(/*is_dry_run=*/true);
    if (instances.empty()) {
      context.err << "Nothing to clear.\n";
      return;
    }
    if (!is_agreed(context, instances)) {
      context.err << "Cancelled, nothing was cleared.\n";
      return;
    }
  }
  clear_all(/*is_dry_run=*/false);
}

void check_has_begun(const TaskInstance& instance, int wanted_try) {
  if (instance.try_number == 0) {
    throw Error(ErrorCode::kNotFound, fmt::format("task {} has not begun in {}: there is no log yet",
                                                  instance.task_id, instance.run_id));
  }
  if (wanted_try > instance.try_number) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("task {} has had {} {} in {}: there is no log of try {}", instance.task_id,
                            instance.try_number, instance.try_number == 1 ? "try" : "tries", instance.run_id,
                            wanted_try));
  }
}

void logs(CommandContext& context, const TasksArguments& arguments) {
  Workflow workflow(context, /*to_change=*/false);
  TaskInstance instance = find_instance(workflow, arguments);
  check_has_begun(instance, arguments.try_number);
  if (arguments.try_number > 0) instance.try_number = arguments.try_number;
  const std::string file = workflow::log_file((context.services().project_dir() / "logs").string(), instance);
  if (!arguments.follow && !std::filesystem::exists(file)) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("there is no log of try {} of task {} in {}: it printed none, or it was removed",
                            instance.try_number, instance.task_id, instance.run_id));
  }
  const auto has_ended = [&] {
    const auto now = workflow->store().find_task_instance(instance.id);
    return !now || now->try_number != instance.try_number || !now->state || is_finished(*now->state) ||
           now->state == workflow::TaskState::kUpForRetry;
  };
  show_task_log(context.out, file, arguments.follow, has_ended);
}

CLI::App* add(CLI::App& group, CommandContext& context, const char* name, const char* summary,
              const Arguments& arguments, void (*action)(CommandContext&, const TasksArguments&)) {
  CLI::App* command = add_workflow_command(group, context, name, summary, arguments, action);
  command->add_option("dag_id", arguments->dag_id, "the DAG")->required()->type_name("DAG");
  return command;
}

void add_task_and_run(CLI::App& command, const Arguments& arguments) {
  command.add_option("task_id", arguments->task_id, "the task")->required()->type_name("TASK");
  command.add_option("run", arguments->run, "the run's id or logical date")->required()->type_name("RUN");
}

}  // namespace

void define_tasks(CLI::App& parent, CommandContext& context) {
  CLI::App* group =
      parent.add_subcommand("tasks", "the tasks of DAGs and of their runs, as Airflow has them");
  group->require_subcommand(1);
  const auto arguments = std::make_shared<TasksArguments>();

  add(*group, context, "list", "list a DAG's tasks", arguments, list);

  CLI::App* command = add(*group, context, "state", "the state of a task in a run", arguments, state);
  add_task_and_run(*command, arguments);

  command = add(*group, context, "states-for-dag-run", "the states of a run's tasks", arguments,
                states_for_dag_run);
  command->add_option("run", arguments->run, "the run's id or logical date")->required()->type_name("RUN");
  add_output_option(*command, arguments->format);

  command = add(*group, context, "clear", "run tasks of past runs again", arguments, clear);
  command->add_option("-t,--task-regex", arguments->task_regex, "the tasks; all when not given");
  command->add_option("-s,--start-date", arguments->start_date, "from this logical date")->type_name("DATE");
  command->add_option("-e,--end-date", arguments->end_date, "up to this logical date")->type_name("DATE");
  command->add_flag("-d,--downstream", arguments->downstream, "and what follows on them");
  command->add_flag("-u,--upstream", arguments->upstream, "and what they follow on");
  command->add_flag("-f,--only-failed", arguments->only_failed, "only those that failed");
  command->add_flag("-r,--only-running", arguments->only_running, "only those that run");
  command->add_flag("-y,--yes", arguments->yes, "without asking");

  command = add(*group, context, "logs", "what a task printed", arguments, logs);
  add_task_and_run(*command, arguments);
  command->add_option("try_number", arguments->try_number, "which try; the last when not given")
      ->type_name("TRY")
      ->transform(integer_between(1));
  command->add_flag("--follow", arguments->follow, "go on until the task has ended");

  define_tasks_run(*group, context);
}

}  // namespace tidemill::cli
