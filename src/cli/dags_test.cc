#include "cli/dags_test.h"

#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "cli/foreground_tasks.h"
#include "cli/pattern.h"
#include "cli/workflow_commands.h"
#include "dags/pipelines.h"
#include "workflow/log_files.h"
#include "workflow/operations/read_input.h"

namespace tidemill::cli {
namespace {

struct TestArguments {
  std::string dag_id, date, conf = "{}", success_pattern;
  bool show_dagrun = false;
};

void show_states(CommandContext& context, Workflow& workflow, const workflow::DagRun& run) {
  for (const auto& instance : workflow->store().task_instances_of(run.dag_id, run.run_id)) {
    context.out << instance.task_id << ' '
                << (instance.state ? std::string(name_of(*instance.state)) : "None") << '\n';
  }
}

void test(CommandContext& context, const TestArguments& arguments) {
  // Before waiting for anybody.
  named_dag(dags::project_dags(context.services().options()), arguments.dag_id, kDagNotParsed);
  workflow::check_json_object(arguments.conf, "conf");
  if (!arguments.success_pattern.empty()) Pattern(kSuccessPattern, arguments.success_pattern);
  std::optional<int64_t> logical_date_ms;
  if (!arguments.date.empty()) logical_date_ms = parse_instant(arguments.date);
  const auto lock = lock_for_tasks(context);
  Workflow workflow(context, /*to_change=*/true);
  const workflow::DagRun run = workflow->begin_test(arguments.dag_id, logical_date_ms, arguments.conf);
  workflow::remove_run_logs(context.services().project_dir() / "logs",
                            run);  // of an earlier test of its name
  context.err << "testing " << run.dag_id << ", run " << run.run_id << std::endl;
  work_here(context, workflow, run, std::nullopt, arguments.success_pattern);
  if (arguments.show_dagrun) show_states(context, workflow, run);
  const auto ended = workflow->store().find_run(run.id);
  if (ended && ended->state == workflow::RunState::kSuccess) return;
  context.err << "DagRun failed\n";
  context.exit_code = 1;
}

}  // namespace

void define_dags_test(CLI::App& group, CommandContext& context) {
  const auto arguments = std::make_shared<TestArguments>();
  CLI::App* command = add_workflow_command(group, context, "test",
                                           "run a DAG here and now, its log on stderr", arguments, test);
  command->add_option("dag_id", arguments->dag_id, "the DAG")->required()->type_name("DAG");
  command->add_option("date", arguments->date, "the run's logical date; now when not given")
      ->type_name("DATE");
  command->add_option("-c,--conf", arguments->conf, "JSON for the run, such as {\"force\": true}")
      ->type_name("JSON");
  command
      ->add_option(std::string("-m,") + kSuccessPattern, arguments->success_pattern,
                   "tasks whose ids match are not run but count as successful")
      ->type_name("REGEX");
  command->add_flag("--show-dagrun", arguments->show_dagrun, "print the states of its tasks at the end");
  command->footer(
      "Example:\n  tidemill dags test 01_data_generation_pipeline 2026-11-01\n"
      "\nThe tasks run in this process, one after the other, and the run is kept as one that was started by\n"
      "'test'; it takes the place of earlier tests of that date. The DAG may be paused, and no scheduler is\n"
      "needed; one that runs waits with its tasks meanwhile. What the run changes starts DAGs that wait for\n"
      "it, once a scheduler runs. Exit code 1 when the run fails.");
}

}  // namespace tidemill::cli
