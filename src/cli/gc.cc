// gc: what is older than [retention] says goes.

#include <iostream>

#include <CLI/CLI.hpp>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/workflow_commands.h"
#include "dags/retention.h"

namespace tidemill::cli {
namespace {

struct GcArguments {
  bool is_dry_run = false;
  OutputFormat format = OutputFormat::kTable;
};

void gc(CommandContext& context, const GcArguments& arguments) {
  std::vector<std::vector<std::string>> rows;
  for (const dags::Removed& one : dags::remove_old(context.services(), arguments.is_dry_run)) {
    const std::string note = one.note.empty() && !one.before_ms ? "kept for ever" : one.note;
    rows.push_back(
        {one.what, std::to_string(one.count), std::to_string(one.bytes), instant_text(one.before_ms), note});
  }
  print_rows(context.out, arguments.format,
             {"what", arguments.is_dry_run ? "would_be_removed" : "removed", "bytes", "older_than", "note"},
             rows);
}

}  // namespace

void define_gc(CLI::App& parent, CommandContext& context) {
  const auto arguments = std::make_shared<GcArguments>();
  CLI::App* command =
      parent.add_subcommand("gc", "remove old task logs, runs and events, as [retention] says");
  command->add_flag("--dry-run", arguments->is_dry_run, "only say what would be removed");
  add_output_option(*command, arguments->format);
  command->footer(
      "Example:\n  tidemill gc --dry-run\n"
      "\nlog_days, run_days and event_days of [retention] in tidemill.toml say how long things are kept. "
      "Data,\n"
      "models, tracked runs and runs of DAGs that are not over are never touched, nor is a DAG's last run. "
      "A\n"
      "scheduler may work meanwhile. Interrupted, it goes on when it is called again.");
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { gc(context, *arguments); }; });
}

}  // namespace tidemill::cli
