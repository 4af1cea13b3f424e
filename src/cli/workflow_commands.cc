#include "cli/workflow_commands.h"

#include <algorithm>
#include <array>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "base/time_zone.h"
#include "dags/pipelines.h"
#include "workflow/operations/read_input.h"

namespace tidemill::cli {
namespace {

constexpr int kAirflowFailure = 1;

metadata::Database& database_of(CommandContext& context, bool to_change) {
  return to_change ? context.services().metadata_for_writing() : context.services().metadata();
}

}  // namespace

void set_workflow_action(CLI::App& command, CommandContext& context, std::function<void()> action) {
  command.callback([&context, action = std::move(action)] {
    context.error_exit_code = kAirflowFailure;
    context.action = action;
  });
}

Workflow::Workflow(CommandContext& context, bool to_change)
    : dags_(dags::project_dags(context.services().options())),
      operations_(database_of(context, to_change), dags_, context.services().clock(), {}) {}

std::string no_such(const char* words, const std::string& name, const std::vector<std::string>& names) {
  return fmt::format(fmt::runtime(words), name) + did_you_mean(name, names);
}

const workflow::Dag& named_dag(const std::vector<workflow::Dag>& dags, const std::string& dag_id,
                               const char* words) {
  std::vector<std::string> ids;
  for (const workflow::Dag& dag : dags) {
    if (dag.id == dag_id) return dag;
    ids.push_back(dag.id);
  }
  throw Error(ErrorCode::kNotFound, no_such(words, dag_id, ids));
}

bool is_paused(workflow::Operations& operations, const workflow::Dag& dag) {
  const auto state = operations.store().find_dag(dag.id);
  return state ? state->is_paused : dag.is_paused_upon_creation;
}

bool makes_asset(const workflow::Dag& dag, const std::string& asset) {
  return std::any_of(dag.tasks.begin(), dag.tasks.end(), [&](const workflow::Task& task) {
    return std::find(task.outlets.begin(), task.outlets.end(), asset) != task.outlets.end();
  });
}

bool is_agreed(CommandContext& context) {
  context.err << "Are you sure? [y/N] " << std::flush;
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

void print_triggered_run(CommandContext& context, Workflow& workflow, const workflow::DagRun& run,
                         OutputFormat format) {
  if (is_paused(workflow.operations(), workflow->dag(run.dag_id))) {
    context.err << "note: " << run.dag_id << " is paused: the run waits for 'dags unpause'\n";
  }
  print_rows(
      context.out, format,
      {"conf", "dag_id", "dag_run_id", "data_interval_start", "data_interval_end", "end_date",
       "last_scheduling_decision", "logical_date", "run_type", "start_date", "state", "triggering_user_name"},
      {{run.conf, run.dag_id, run.run_id, instant_text(run.data_interval_start_ms),
        instant_text(run.data_interval_end_ms), instant_text(run.end_ms),
        instant_text(run.last_scheduling_decision_ms), instant_text(run.logical_date_ms),
        std::string(name_of(run.run_type)), instant_text(run.start_ms), std::string(name_of(run.state)),
        run.triggering_user_name.value_or("")}});
}

std::string host_name() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

std::string instant_text(const std::optional<int64_t>& ms) {
  return ms ? TimeZone::utc().isoformat(*ms) : "";
}

int64_t parse_instant(const std::string& text) {
  if (const auto ms = workflow::find_instant(text)) return *ms;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("'{}' is no date: write 2026-11-01 or 2026-11-01T06:00:00+00:00", text));
}

std::string python_boolean(bool value) {
  return value ? "True" : "False";
}

}  // namespace tidemill::cli
