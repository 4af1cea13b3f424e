#pragma once
// What the commands of Airflow's groups share: dags, tasks, pools, backfill.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "cli/command.h"
#include "cli/output.h"
#include "workflow/operations.h"

namespace tidemill::cli {

// Sets the command's action. As in Airflow whatever goes wrong is exit code 1, but for usage, which is 2.
void set_workflow_action(CLI::App& command, CommandContext& context, std::function<void()> action);

// A command of a group, whose options the caller adds; they fill `arguments`.
template <typename Arguments>
CLI::App* add_workflow_command(CLI::App& group, CommandContext& context, const char* name,
                               const char* summary, const std::shared_ptr<Arguments>& arguments,
                               void (*action)(CommandContext&, const Arguments&)) {
  CLI::App* command = group.add_subcommand(name, summary);
  set_workflow_action(*command, context, [&context, arguments, action] { action(context, *arguments); });
  return command;
}

// The project's DAGs and what can be done with them. `to_change`: the database is made where there is none.
class Workflow {
 public:
  Workflow(CommandContext& context, bool to_change);
  workflow::Operations& operations() { return operations_; }
  workflow::Operations* operator->() { return &operations_; }
  const std::vector<workflow::Dag>& dags() const { return dags_; }

 private:
  std::vector<workflow::Dag> dags_;
  workflow::Operations operations_;
};

// `words`, in which {} is the name, with the nearest of those that there are.
std::string no_such(const char* words, const std::string& name, const std::vector<std::string>& names);
// The DAG of that name. Errors: kNotFound of no_such().
const workflow::Dag& named_dag(const std::vector<workflow::Dag>& dags, const std::string& dag_id,
                               const char* words);
// Airflow's words.
inline constexpr char kDagNotInTable[] = "DAG: {} does not exist in 'dag' table";
inline constexpr char kDagNotParsed[] =
    "Dag '{}' could not be found; either it does not exist or it failed to parse";

// As the scheduler last knew it, or what it begins with.
bool is_paused(workflow::Operations& operations, const workflow::Dag& dag);
// Whether a task of it changes the asset.
bool makes_asset(const workflow::Dag& dag, const std::string& asset);

// Asks on stderr; anything but a yes on stdin is a no.
bool is_agreed(CommandContext& context);

// A run that was just started, as dags trigger prints it.
void print_triggered_run(CommandContext& context, Workflow& workflow, const workflow::DagRun& run,
                         OutputFormat format);

// The name of this machine.
std::string host_name();

// "2026-11-01T00:00:00+00:00", "" for none.
std::string instant_text(const std::optional<int64_t>& ms);
// Errors: kInvalidArgument naming the text.
int64_t parse_instant(const std::string& text);
// "True" or "False", as Airflow prints them.
std::string python_boolean(bool value);

}  // namespace tidemill::cli
