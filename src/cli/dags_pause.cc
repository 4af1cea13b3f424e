#include "cli/dags_pause.h"

#include <iostream>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/pattern.h"
#include "cli/workflow_commands.h"

namespace tidemill::cli {
namespace {

struct PauseArguments {
  std::string dag_id;
  bool is_pattern = false, yes = false;
  OutputFormat format = OutputFormat::kTable;
};

// Those that the name or expression means and that are not yet what they are to be.
std::vector<std::string> dags_to_change(Workflow& workflow, const PauseArguments& arguments, bool to_paused) {
  std::optional<Pattern> pattern;
  if (arguments.is_pattern) pattern.emplace("--treat-dag-id-as-regex", arguments.dag_id);
  std::vector<std::string> ids;
  for (const workflow::Dag& dag : workflow.dags()) {
    const bool is_meant = pattern ? pattern->is_in(dag.id) : dag.id == arguments.dag_id;
    if (is_meant && is_paused(workflow.operations(), dag) != to_paused) ids.push_back(dag.id);
  }
  return ids;
}

// As Airflow: said, with exit code 0, also of a DAG that there is not.
void say_there_is_none(CommandContext& context, Workflow& workflow, const PauseArguments& arguments,
                       bool to_paused) {
  std::vector<std::string> ids;
  bool is_known = arguments.is_pattern;
  for (const workflow::Dag& dag : workflow.dags()) {
    ids.push_back(dag.id);
    is_known = is_known || dag.id == arguments.dag_id;
  }
  context.err << "No " << (to_paused ? "un" : "") << "paused DAGs were found"
              << (is_known ? "" : did_you_mean(arguments.dag_id, ids)) << '\n';
}

void set_paused(CommandContext& context, const PauseArguments& arguments, bool to_paused) {
  Workflow workflow(context, /*to_change=*/true);
  const std::vector<std::string> ids = dags_to_change(workflow, arguments, to_paused);
  if (ids.empty()) return say_there_is_none(context, workflow, arguments, to_paused);
  if (arguments.is_pattern && !arguments.yes) {
    context.err << "You are about to " << (to_paused ? "" : "un") << "pause " << ids.size() << " DAGs:\n"
                << join(ids, ",") << '\n';
    if (!is_agreed(context)) {
      context.err << "Operation cancelled by user\n";
      return;
    }
  }
  metadata::Transaction transaction(workflow->store().database());  // all or none
  for (const std::string& id : ids) workflow->set_paused(id, to_paused);
  transaction.commit();
  std::vector<std::vector<std::string>> rows;
  for (const std::string& id : ids) rows.push_back({id, python_boolean(to_paused)});
  print_rows(context.out, arguments.format, {"dag_id", "is_paused"}, rows);
}

void pause(CommandContext& context, const PauseArguments& arguments) {
  set_paused(context, arguments, /*to_paused=*/true);
}

void unpause(CommandContext& context, const PauseArguments& arguments) {
  set_paused(context, arguments, /*to_paused=*/false);
}

CLI::App* add(CLI::App& group, CommandContext& context, const char* name, const char* summary,
              void (*action)(CommandContext&, const PauseArguments&)) {
  const auto arguments = std::make_shared<PauseArguments>();
  CLI::App* command = add_workflow_command(group, context, name, summary, arguments, action);
  command->add_option("dag_id", arguments->dag_id, "the DAG")->required()->type_name("DAG");
  command->add_flag("--treat-dag-id-as-regex", arguments->is_pattern,
                    "all DAGs whose names this extended regular expression matches");
  command->add_flag("-y,--yes", arguments->yes, "without asking");
  add_output_option(*command, arguments->format);
  return command;
}

}  // namespace

void define_dags_pause(CLI::App& group, CommandContext& context) {
  add(group, context, "pause", "start no more runs of a DAG", pause)
      ->footer(
          "Examples:\n  tidemill dags pause 01_data_generation_pipeline\n"
          "  tidemill dags pause '^0[12]_' --treat-dag-id-as-regex --yes\n"
          "\nPrints what is changed; what runs goes on to its end.");
  add(group, context, "unpause", "start runs of a DAG again", unpause);
}

}  // namespace tidemill::cli
