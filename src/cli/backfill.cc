// backfill create: Airflow's command, output and exit codes (airflow/cli/commands/backfill_command.py).

#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/option_checks.h"
#include "cli/output.h"
#include "cli/workflow_commands.h"

namespace tidemill::cli {
namespace {

struct BackfillArguments {
  std::string dag_id, from_date, to_date, reprocess_behavior = "none", conf = "{}";
  int max_active_runs = 10;
  bool run_backwards = false, dry_run = false;
  OutputFormat format = OutputFormat::kTable;
};

void create(CommandContext& context, const BackfillArguments& arguments) {
  Workflow workflow(context, /*to_change=*/true);
  workflow::BackfillOptions options;
  options.from_ms = parse_instant(arguments.from_date);
  options.to_ms = parse_instant(arguments.to_date);
  const auto behavior = workflow::reprocess_behavior_named(arguments.reprocess_behavior);
  if (!behavior) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("--reprocess-behavior {}: use none, failed or completed", arguments.reprocess_behavior));
  }
  options.reprocess_behavior = *behavior;
  options.max_active_runs = arguments.max_active_runs;
  options.run_backwards = arguments.run_backwards;
  options.is_dry_run = arguments.dry_run;
  options.conf = arguments.conf;
  const auto made = workflow->create_backfill(arguments.dag_id, options);
  std::vector<std::vector<std::string>> rows;
  for (const workflow::BackfillRun& run : made.runs) {
    if (arguments.dry_run && run.exception_reason) continue;
    rows.push_back({arguments.dag_id, instant_text(run.logical_date_ms), run.exception_reason.value_or("")});
  }
  if (!arguments.dry_run)
    context.err << "Created backfill " << made.backfill.id << " of " << arguments.dag_id << '\n';
  print_rows(context.out, arguments.format, {"dag_id", "logical_date", "exception_reason"}, rows);
}

}  // namespace

void define_backfill(CLI::App& parent, CommandContext& context) {
  CLI::App* group = parent.add_subcommand("backfill", "run a DAG for days that are over, as Airflow does");
  group->require_subcommand(1);
  const auto arguments = std::make_shared<BackfillArguments>();
  CLI::App* command =
      group->add_subcommand("create", "a run for each time of the schedule in a range of days");
  command->add_option("--dag-id,--dag", arguments->dag_id, "the DAG")->required()->type_name("DAG");
  command->add_option("--from-date", arguments->from_date, "the first logical date, such as 2026-11-01")
      ->required()
      ->type_name("DATE");
  command
      ->add_option("--to-date", arguments->to_date,
                   "the last logical date, included: 2026-11-03 is its midnight (UTC)")
      ->required()
      ->type_name("DATE");
  command->add_option("--max-active-runs", arguments->max_active_runs, "runs at once")
      ->capture_default_str()
      ->transform(integer_between(1));
  command
      ->add_option("--reprocess-behavior", arguments->reprocess_behavior,
                   "which days that have a run already are run again: none, failed or completed")
      ->capture_default_str()
      ->transform(one_of({"none", "failed", "completed"}));
  command->add_option("--dag-run-conf", arguments->conf, "JSON for the runs")->type_name("JSON");
  command->add_flag("--run-backwards", arguments->run_backwards, "the last day first");
  command->add_flag("--dry-run", arguments->dry_run, "only say which days would be run");
  add_output_option(*command, arguments->format);
  command->footer(
      "Example:\n  tidemill backfill create --dag-id 01_data_generation_pipeline --from-date 2026-11-01 "
      "--to-date 2026-11-30");
  set_workflow_action(*command, context, [&context, arguments] { create(context, *arguments); });
}

}  // namespace tidemill::cli
