// store copy: a project's objects from one place to another.

#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "pipeline/copy_objects.h"

namespace tidemill::cli {
namespace {

struct CopyArguments {
  std::string from, to;
  bool json = false;
};

void copy(CommandContext& context, const CopyArguments& arguments) {
  Services& services = context.services();
  const auto lock = lock_project(context);
  const auto from = services.open_objects(arguments.from);
  const auto to = services.open_objects(arguments.to);
  if (from->uri() == to->uri()) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{} and {} are one place: there is nothing to copy",
                                                         arguments.from, arguments.to));
  }
  TerminalProgress progress(context.err, context.err_is_terminal);
  const pipeline::CopyOutcome outcome = pipeline::copy_objects(*from, *to, progress);
  progress.clear();
  if (arguments.json) {
    print_json(context.out, {{"from", from->uri()},
                             {"to", to->uri()},
                             {"copied_folders", outcome.copied_folder_count},
                             {"present_folders", outcome.present_folder_count},
                             {"objects", outcome.object_count},
                             {"bytes", outcome.byte_count}});
    return;
  }
  context.out << fmt::format(
      "{} folders copied from {} to {} and verified ({} objects, {} bytes); {} were there\n",
      outcome.copied_folder_count, from->uri(), to->uri(), outcome.object_count, outcome.byte_count,
      outcome.present_folder_count);
  if (outcome.copied_folder_count + outcome.present_folder_count == 0) {
    context.err << "there was nothing in " << from->uri() << '\n';
  } else {
    context.err << "to work on it: [storage] uri = \"" << arguments.to << "\" in tidemill.toml\n";
  }
}

}  // namespace

void define_store(CLI::App& parent, CommandContext& context) {
  CLI::App* group = parent.add_subcommand("store", "copy a project's data between folders and S3");
  group->require_subcommand(1);
  const auto arguments = std::make_shared<CopyArguments>();
  CLI::App* command =
      group->add_subcommand("copy", "copy all objects, with their manifests, and verify them");
  command->add_option("from", arguments->from, "where they are: file:FOLDER or s3://BUCKET/PREFIX")
      ->required();
  command->add_option("to", arguments->to, "where they go; what is already there and equal stays")
      ->required();
  command->add_flag("--json", arguments->json, "one JSON document on stdout");
  command->footer(
      "Examples:\n"
      "  tidemill store copy file:data/features s3://features\n"
      "  tidemill store copy s3://features file:backup\n"
      "Interrupted, it goes on where it was. endpoint, region and path_style are those of [storage].");
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { copy(context, *arguments); }; });
}

}  // namespace tidemill::cli
