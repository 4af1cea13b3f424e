// dags list|details|show|trigger|list-runs|state|next-execution: Airflow's commands, output and exit codes
// (airflow/cli/commands/dag_command.py). Only data goes to stdout. The others: dags_*.cc.

#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/dags_file.h"
#include "cli/dags_pause.h"
#include "cli/dags_test.h"
#include "cli/option_checks.h"
#include "cli/output.h"
#include "cli/text_files.h"
#include "cli/workflow_commands.h"
#include "workflow/drawing.h"
#include "workflow/scheduler/due_runs.h"

namespace tidemill::cli {
namespace {

using workflow::Dag;
using workflow::DagRun;

struct DagsArguments {
  std::string dag_id, run, run_id, conf = "{}", logical_date, state, start_date, end_date, save;
  int num_executions = 1;
  bool no_backfill = false;
  OutputFormat format = OutputFormat::kTable;
};

using Arguments = std::shared_ptr<DagsArguments>;
using Rows = std::vector<std::vector<std::string>>;

void list(CommandContext& context, const DagsArguments& arguments) {
  Workflow workflow(context, /*to_change=*/false);
  const std::string file = (context.services().project_dir() / "tidemill.toml").string();
  Rows rows;
  for (const Dag& dag : workflow.dags()) {
    rows.push_back(
        {dag.id, file, dag.owner, python_boolean(is_paused(workflow.operations(), dag)), "tidemill", ""});
  }
  print_rows(context.out, arguments.format,
             {"dag_id", "fileloc", "owners", "is_paused", "bundle_name", "bundle_version"}, rows);
}

void details(CommandContext& context, const DagsArguments& arguments) {
  Workflow workflow(context, /*to_change=*/false);
  const Dag& dag = named_dag(workflow.dags(), arguments.dag_id, kDagNotInTable);
  const workflow::Timetable timetable = timetable_of(dag);
  const Rows rows = {
      {"dag_id", dag.id},
      {"description", dag.description},
      {"fileloc", (context.services().project_dir() / "tidemill.toml").string()},
      {"owners", dag.owner},
      {"is_paused", python_boolean(is_paused(workflow.operations(), dag))},
      {"timetable_summary", timetable.summary().value_or("None")},
      {"timetable_description", timetable.description()},
      {"timezone", dag.time_zone},
      {"asset_expression", dag.schedule_assets.empty() ? "None" : join(dag.schedule_assets)},
      {"start_date", dag.start_date_ms.value_or(0) > 0 ? instant_text(dag.start_date_ms) : "None"},
      {"catchup", python_boolean(dag.catchup)},
      {"max_active_runs", std::to_string(dag.max_active_runs)},
      {"max_active_tasks", std::to_string(dag.max_active_tasks)},
      {"tags", join(dag.tags)},
      {"task_count", std::to_string(dag.tasks.size())},
  };
  print_rows(context.out, arguments.format, {"property_name", "property_value"}, rows);
}

std::string picture(const Dag& dag, const std::string& file) {
  if (file.ends_with(".svg")) return workflow::draw_svg(dag);
  if (file.ends_with(".dot")) return workflow::draw_dot(dag);
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("--save {}: the name must end with .svg or .dot", file));
}

void show(CommandContext& context, const DagsArguments& arguments) {
  Workflow workflow(context, /*to_change=*/false);
  const Dag& dag = named_dag(workflow.dags(), arguments.dag_id, kDagNotInTable);
  if (arguments.save.empty()) {
    context.out << workflow::draw_text(dag);
    return;
  }
  write_text_file(arguments.save, picture(dag, arguments.save));
  context.err << "File " << arguments.save << " saved\n";
}

void trigger(CommandContext& context, const DagsArguments& arguments) {
  Workflow workflow(context, /*to_change=*/true);
  workflow::TriggerOptions options;
  if (!arguments.run_id.empty()) options.run_id = arguments.run_id;
  if (!arguments.logical_date.empty()) options.logical_date_ms = parse_instant(arguments.logical_date);
  options.conf = arguments.conf;
  const DagRun run = workflow->trigger(arguments.dag_id, options);
  print_triggered_run(context, workflow, run, arguments.format);
}

void list_runs(CommandContext& context, const DagsArguments& arguments) {
  Workflow workflow(context, /*to_change=*/false);
  named_dag(workflow.dags(), arguments.dag_id, kDagNotInTable);
  workflow::RunFilter filter;
  filter.dag_id = arguments.dag_id;
  filter.order_by = "-run_after";
  if (!arguments.state.empty()) {
    const auto state = workflow::run_state_named(arguments.state);
    if (!state) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("--state {}: use queued, running, success or failed", arguments.state));
    }
    filter.states = {*state};
  }
  if (!arguments.start_date.empty()) filter.logical_date_from_ms = parse_instant(arguments.start_date);
  if (!arguments.end_date.empty()) filter.logical_date_to_ms = parse_instant(arguments.end_date);
  Rows rows;
  for (const DagRun& run : workflow->store().list_runs(filter, {1'000'000})) {
    if (arguments.no_backfill && run.run_type == workflow::RunType::kBackfill) continue;
    rows.push_back({run.dag_id, run.run_id, std::string(name_of(run.state)), instant_text(run.run_after_ms),
                    instant_text(run.logical_date_ms), instant_text(run.start_ms), instant_text(run.end_ms)});
  }
  print_rows(context.out, arguments.format,
             {"dag_id", "run_id", "state", "run_after", "logical_date", "start_date", "end_date"}, rows);
}

void state(CommandContext& context, const DagsArguments& arguments) {
  Workflow workflow(context, /*to_change=*/false);
  named_dag(workflow.dags(), arguments.dag_id, kDagNotInTable);
  try {
    context.out << name_of(workflow->run(arguments.dag_id, arguments.run).state) << '\n';
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    context.out << "None\n";  // as Airflow answers
  }
}

void next_execution(CommandContext& context, const DagsArguments& arguments) {
  Workflow workflow(context, /*to_change=*/false);
  const Dag& dag = named_dag(workflow.dags(), arguments.dag_id, kDagNotInTable);
  const int64_t now_ms = context.services().clock().now_ms();
  workflow::DagState unknown;
  unknown.first_seen_at_ms = now_ms;
  workflow::DagState state = workflow->store().find_dag(dag.id).value_or(unknown);
  if (is_paused(workflow.operations(), dag)) {
    context.err << "[INFO] Please be reminded this DAG is PAUSED now.\n";
  }
  const workflow::Timetable timetable = timetable_of(dag);
  for (int i = 0; i < arguments.num_executions; ++i) {
    const auto next = next_run_of(dag, timetable, state, now_ms);
    if (!next) {
      context.err << "[WARN] No following schedule can be found. This DAG may have schedule interval '@once' "
                     "or `None`.\n";
    }
    context.out << (next ? instant_text(next->run_after_ms) : "None") << '\n';
    if (!next) return;
    state.last_interval_start_ms = next->data_interval.start_ms;
    state.last_interval_end_ms = next->data_interval.end_ms;
  }
}

void add_dag_id(CLI::App& command, const Arguments& arguments) {
  command.add_option("dag_id", arguments->dag_id, "the DAG")->required()->type_name("DAG");
}

}  // namespace

void define_dags(CLI::App& parent, CommandContext& context) {
  CLI::App* group = parent.add_subcommand("dags", "the project's DAGs and their runs, as Airflow has them");
  group->require_subcommand(1);
  const auto arguments = std::make_shared<DagsArguments>();

  CLI::App* command = add_workflow_command(*group, context, "list", "list the DAGs", arguments, list);
  add_output_option(*command, arguments->format);

  command = add_workflow_command(*group, context, "details", "what a DAG is", arguments, details);
  add_dag_id(*command, arguments);
  add_output_option(*command, arguments->format);

  command = add_workflow_command(*group, context, "show", "draw a DAG", arguments, show);
  add_dag_id(*command, arguments);
  command->add_option("-s,--save", arguments->save, "into this file, .svg or .dot")->type_name("FILE");

  command = add_workflow_command(*group, context, "trigger", "run a DAG now", arguments, trigger);
  add_dag_id(*command, arguments);
  command->add_option("-r,--run-id", arguments->run_id, "the run's id; manual__ and the time when not given");
  command->add_option("-c,--conf", arguments->conf, "JSON for the run, such as {\"date\": \"2026-11-01\"}")
      ->type_name("JSON");
  command
      ->add_option("-l,--logical-date,-e,--exec-date", arguments->logical_date,
                   "the run's logical date; now when not given")
      ->type_name("DATE");
  add_output_option(*command, arguments->format);

  command = add_workflow_command(*group, context, "list-runs", "list a DAG's runs", arguments, list_runs);
  command->add_option("dag_id", arguments->dag_id, "the DAG")->type_name("DAG");
  // Airflow 2 had it behind -d.
  command->add_option("-d,--dag-id", arguments->dag_id, "the DAG, as Airflow 2 has it")->type_name("DAG");
  command->parse_complete_callback([arguments] {
    if (arguments->dag_id.empty()) throw CLI::RequiredError("dag_id");
  });
  command->add_option("--state", arguments->state, "only those in this state")
      ->transform(one_of({"queued", "running", "success", "failed"}));
  command->add_option("-s,--start-date", arguments->start_date, "from this logical date")->type_name("DATE");
  command->add_option("-e,--end-date", arguments->end_date, "up to this logical date")->type_name("DATE");
  command->add_flag("--no-backfill", arguments->no_backfill, "without runs of backfills");
  add_output_option(*command, arguments->format);

  command = add_workflow_command(*group, context, "state", "the state of a run", arguments, state);
  add_dag_id(*command, arguments);
  command->add_option("run", arguments->run, "its id or logical date")->required();

  command = add_workflow_command(*group, context, "next-execution", "when a DAG runs next", arguments,
                                 next_execution);
  add_dag_id(*command, arguments);
  command->add_option("-n,--num-executions", arguments->num_executions, "how many of the next runs")
      ->capture_default_str()
      ->transform(integer_between(1, 1000));

  define_dags_pause(*group, context);
  define_dags_test(*group, context);
  define_dags_file(*group, context);
}

}  // namespace tidemill::cli
