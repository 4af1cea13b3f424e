// tracking export|import: runs, models and versions from one tracking store to another.

#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "pipeline/transfer/transfer.h"

namespace tidemill::cli {
namespace {

struct TrackingArguments {
  std::string dir;
  bool all = false;
  OutputFormat format = OutputFormat::kTable;
};

void print_counts(CommandContext& context, const TrackingArguments& arguments, bool is_import,
                  const std::vector<pipeline::TransferCount>& counts) {
  std::vector<std::string> columns = {"what", "count"};
  if (is_import) columns.insert(columns.end(), {"were there", "verified"});
  std::vector<std::vector<std::string>> rows;
  for (const pipeline::TransferCount& row : counts) {
    rows.push_back({row.what, std::to_string(row.count)});
    if (is_import) {
      rows.back().push_back(row.present == 0 ? "" : std::to_string(row.present));
      rows.back().push_back(row.verified ? "yes" : "NO");
    }
  }
  print_rows(context.out, arguments.format, columns, rows);
}

void export_store(CommandContext& context, const TrackingArguments& arguments) {
  Services& services = context.services();
  TerminalProgress progress(context.err, context.err_is_terminal);
  const pipeline::TransferScope scope = {services.options().experiment, services.options().registered_model,
                                         arguments.all};
  const auto counts =
      pipeline::export_tracking(services.tracking(), services.artifacts(), scope, arguments.dir, progress);
  progress.clear();
  print_counts(context, arguments, false, counts);
}

void import_store(CommandContext& context, const TrackingArguments& arguments) {
  Services& services = context.services();
  const auto lock = lock_project(context);
  TerminalProgress progress(context.err, context.err_is_terminal);
  const auto counts =
      pipeline::import_tracking(services.tracking(), services.artifacts(), arguments.dir, progress);
  progress.clear();
  print_counts(context, arguments, true, counts);
  std::vector<std::string> missing;
  for (const pipeline::TransferCount& row : counts) {
    if (!row.verified) missing.push_back(row.what);
  }
  if (!missing.empty()) {
    throw Error(ErrorCode::kCorrupted, fmt::format("not everything of '{}' is in {}: look at {}",
                                                   arguments.dir, services.tracking().uri(), join(missing)));
  }
}

}  // namespace

void define_tracking(CLI::App& parent, CommandContext& context) {
  CLI::App* group = parent.add_subcommand(
      "tracking", "move runs, models and versions between tracking stores, for example to an MLflow server");
  group->require_subcommand(1);
  const auto arguments = std::make_shared<TrackingArguments>();

  CLI::App* command = group->add_subcommand(
      "export", "write the project's experiment and registered model, with all files, into a new folder");
  command->add_option("dir", arguments->dir, "the folder; must not exist")->required()->type_name("DIR");
  command->add_flag("--all", arguments->all, "every experiment and registered model of the store");
  add_output_option(*command, arguments->format);
  command->footer(
      "Example:\n  tidemill tracking export moved\n\nThe format: docs/reference/tracking-export.md.");
  command->callback([&context, arguments] {
    context.action = [&context, arguments] { export_store(context, *arguments); };
  });

  command = group->add_subcommand("import", "make what was exported in this project's tracking store");
  command->add_option("dir", arguments->dir, "what 'tracking export' wrote")->required()->type_name("DIR");
  add_output_option(*command, arguments->format);
  command->footer(
      "Example, from the embedded database to a server:\n"
      "  tidemill tracking export moved\n"
      "  TIDEMILL__TRACKING__URI=http://127.0.0.1:5000 tidemill tracking import moved\n"
      "  then [tracking] uri = \"http://127.0.0.1:5000\" in tidemill.toml\n\n"
      "What is there already is left as it is; interrupted, it goes on where it was.");
  command->callback([&context, arguments] {
    context.action = [&context, arguments] { import_store(context, *arguments); };
  });
}

}  // namespace tidemill::cli
