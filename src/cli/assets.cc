// assets list|details|materialize: Airflow's commands, output and exit codes
// (airflow/cli/commands/asset_command.py).

#include <algorithm>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/workflow_commands.h"
#include "workflow/runs.h"

namespace tidemill::cli {
namespace {

struct AssetsArguments {
  std::string name, uri;
  OutputFormat format = OutputFormat::kTable;
};

// An asset's URI is its name, as in Airflow when none is given.
std::string asked_for(Workflow& workflow, const AssetsArguments& arguments) {
  if (arguments.name.empty() && arguments.uri.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "Either --name or --uri is required");
  }
  const std::vector<std::string> names = workflow->assets();
  const auto find = [&](const char* words, const std::string& name) {
    if (std::find(names.begin(), names.end(), name) != names.end()) return;
    throw Error(ErrorCode::kNotFound, no_such(words, name, names));
  };
  if (!arguments.name.empty()) find("Asset with name {} does not exist", arguments.name);
  if (!arguments.uri.empty()) find("Asset with URI {} does not exist", arguments.uri);
  if (!arguments.name.empty() && !arguments.uri.empty() && arguments.name != arguments.uri) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("Asset with name {} and URI {} does not exist.", arguments.name, arguments.uri));
  }
  return arguments.name.empty() ? arguments.uri : arguments.name;
}

void list(CommandContext& context, const AssetsArguments& arguments) {
  Workflow workflow(context, /*to_change=*/false);
  std::vector<std::vector<std::string>> rows;
  for (const std::string& name : workflow->assets()) rows.push_back({name, name, "asset", "{}"});
  print_rows(context.out, arguments.format, {"name", "uri", "group", "extra"}, rows);
}

void details(CommandContext& context, const AssetsArguments& arguments) {
  Workflow workflow(context, /*to_change=*/false);
  const std::string name = asked_for(workflow, arguments);
  std::string producer = "None", last_event = "None";
  std::vector<std::string> consumers;
  for (const workflow::Dag& dag : workflow.dags()) {
    if (makes_asset(dag, name)) producer = dag.id;
    const auto& assets = dag.schedule_assets;
    if (std::find(assets.begin(), assets.end(), name) != assets.end()) consumers.push_back(dag.id);
  }
  const auto events = workflow->store().list_asset_events(
      {.asset = name, .source_dag_id = "", .source_run_id = "", .source_task_id = ""}, {1});
  if (!events.empty()) last_event = instant_text(events.front().timestamp_ms);
  print_rows(context.out, arguments.format, {"property_name", "property_value"},
             {{"name", name},
              {"uri", name},
              {"group", "asset"},
              {"extra", "{}"},
              {"produced_by", producer},
              {"scheduled_dags", consumers.empty() ? "None" : fmt::format("{}", fmt::join(consumers, ","))},
              {"last_asset_event", last_event}});
}

void materialize(CommandContext& context, const AssetsArguments& arguments) {
  Workflow workflow(context, /*to_change=*/true);
  const std::string name = asked_for(workflow, arguments);
  const auto& dags = workflow.dags();
  const auto maker = std::find_if(dags.begin(), dags.end(),
                                  [&](const workflow::Dag& dag) { return makes_asset(dag, name); });
  if (maker == dags.end()) {
    throw Error(ErrorCode::kNotFound, fmt::format("no DAG materializes asset with name {}", name));
  }
  workflow::TriggerOptions options;
  options.run_type = workflow::RunType::kAssetMaterialization;
  print_triggered_run(context, workflow, workflow->trigger(maker->id, options), arguments.format);
}

}  // namespace

void define_assets(CLI::App& parent, CommandContext& context) {
  CLI::App* group =
      parent.add_subcommand("assets", "what DAGs make and other DAGs wait for, as Airflow has it");
  group->require_subcommand(1);
  const auto arguments = std::make_shared<AssetsArguments>();
  const auto add = [&](const char* name, const char* summary,
                       void (*action)(CommandContext&, const AssetsArguments&), bool has_name) {
    CLI::App* command = add_workflow_command(*group, context, name, summary, arguments, action);
    if (has_name) {
      command->add_option("--name", arguments->name, "the asset")->type_name("ASSET");
      command->add_option("--uri", arguments->uri, "the asset by its URI, which is its name")
          ->type_name("URI");
    }
    add_output_option(*command, arguments->format);
    return command;
  };
  add("list", "list the assets", list, /*has_name=*/false);
  add("details", "what an asset is", details, /*has_name=*/true);
  add("materialize", "run the DAG that makes an asset", materialize, /*has_name=*/true)
      ->footer("Example:\n  tidemill assets materialize --name raw_data");
}

}  // namespace tidemill::cli
