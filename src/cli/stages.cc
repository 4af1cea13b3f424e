// generate, validate, prepare, train: the stages alone.

#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/stage_context.h"
#include "metadata/variables.h"

namespace tidemill::cli {
namespace {

struct StageArguments {
  std::string date;
  bool force = false;
  bool json = false;
};

// The day given, or the latest with raw data.
Date date_of(Services& services, const StageArguments& arguments) {
  if (!arguments.date.empty()) return Date::parse(arguments.date);
  const std::vector<Date> days =
      pipeline::raw_days(services.objects(), std::nullopt, Date::parse("9999-12-31"));
  if (days.empty()) {
    throw Error(ErrorCode::kNotFound, "there is no raw data yet: run 'tidemill generate --date DATE' first");
  }
  return days.back();
}

// Runs `stage` as the project's one writer.
template <typename Stage>
void as_writer(CommandContext& context, const std::string& label, const Stage& stage) {
  Services& services = context.services();
  const auto lock = lock_project(context);
  services.sweep();
  TerminalProgress progress(context.err, context.err_is_terminal);
  progress.set_label(label);
  dags::StageContext stages = stage_context(services, progress);
  stage(stages, progress);
}

void generate(CommandContext& context, const StageArguments& arguments) {
  as_writer(context, "generate", [&](dags::StageContext& stages, TerminalProgress& progress) {
    const Date date = arguments.date.empty()
                          ? Date::from_days(static_cast<int32_t>(stages.clock.now_ms() / 86'400'000))
                          : Date::parse(arguments.date);
    const pipeline::IngestResult result = dags::generate(stages, date, arguments.force);
    progress.clear();
    if (arguments.json) return print_json(context.out, to_json(result));
    context.out << fmt::format("{}: {} rows {} {}\n", date.to_string(), result.manifest.row_count,
                               result.already_there ? "were already in" : "now in",
                               pipeline::raw_prefix(date));
  });
}

void print_report(CommandContext& context, const pipeline::ValidationReport& report) {
  context.out << fmt::format("{}: quality score {:.2f} over {} rows, {}\n", report.date.to_string(),
                             report.quality_score, report.row_count, report.passed ? "passed" : "NOT passed");
  std::vector<std::vector<std::string>> rows;
  for (const pipeline::RuleResult& result : report.results) {
    rows.push_back({result.rule.rule, result.rule.column, result.success ? "passed" : "failed",
                    std::to_string(result.unexpected_count), std::to_string(result.checked_count),
                    result.samples.empty() ? "" : result.samples.front()});
  }
  print_rows(context.out, OutputFormat::kTable,
             {"rule", "column", "result", "unexpected", "checked", "for example"}, rows);
}

void validate(CommandContext& context, const StageArguments& arguments) {
  as_writer(context, "validate", [&](dags::StageContext& stages, TerminalProgress& progress) {
    const pipeline::ValidationReport report = dags::validate(stages, date_of(context.services(), arguments));
    progress.clear();
    for (const std::string& warning : report.warnings) context.err << "warning: " << warning << '\n';
    if (arguments.json) return print_json(context.out, pipeline::to_json(report));
    print_report(context, report);
  });
}

void prepare(CommandContext& context, const StageArguments& arguments) {
  as_writer(context, "prepare", [&](dags::StageContext& stages, TerminalProgress& progress) {
    const Date date = date_of(context.services(), arguments);
    const pipeline::PrepareResult result = dags::prepare(stages, date, arguments.force);
    progress.clear();
    if (arguments.json) return print_json(context.out, to_json(result));
    context.out << fmt::format("{}: {} train and {} test rows {} {}\n", date.to_string(),
                               result.train_row_count, result.test_row_count,
                               result.already_there ? "were already in" : "now in",
                               pipeline::prepared_prefix(date));
  });
}

void train(CommandContext& context, const StageArguments& arguments) {
  as_writer(context, "train", [&](dags::StageContext& stages, TerminalProgress& progress) {
    const pipeline::TrainingOutcome outcome = dags::train(stages, arguments.force);
    progress.clear();
    if (arguments.json) return print_json(context.out, to_json(outcome));
    context.out << outcome.reason << '\n';
    if (!outcome.trained) return;
    std::vector<std::vector<std::string>> rows;
    for (const pipeline::TrainedModel& model : outcome.models) {
      rows.push_back({model.name, format_metric(model.test_rmse), format_metric(model.test_mae),
                      format_metric(model.test_r2), model.name == outcome.best_model ? "best" : "",
                      model.run_id});
    }
    print_rows(context.out, OutputFormat::kTable, {"model", "test_rmse", "test_mae", "test_r2", "", "run_id"},
               rows);
    context.out << fmt::format("{} version {} is in {}: {}\n", stages.options.registered_model,
                               outcome.version, outcome.stage, outcome.promotion.reason);
  });
}

using StageAction = void (*)(CommandContext&, const StageArguments&);

CLI::App* define_stage(CLI::App& parent, CommandContext& context, const char* name, const char* summary,
                       bool has_date, bool has_force, StageAction action) {
  const auto arguments = std::make_shared<StageArguments>();
  CLI::App* command = parent.add_subcommand(name, summary);
  if (has_date) command->add_option("--date", arguments->date, "the day")->type_name("DATE");
  if (has_force) command->add_flag("--force", arguments->force, "do it again even if it is finished");
  command->add_flag("--json", arguments->json, "answer with one JSON document");
  command->callback([&context, arguments, action] {
    context.action = [&context, arguments, action] { action(context, *arguments); };
  });
  return command;
}

}  // namespace

void define_generate(CLI::App& parent, CommandContext& context) {
  define_stage(parent, context, "generate", "stage 01: a day's rows arrive as raw data", true, true, generate)
      ->footer("Example:\n  tidemill generate --date 2026-11-01\n\nWithout a date: today (UTC).");
}

void define_validate(CLI::App& parent, CommandContext& context) {
  define_stage(parent, context, "validate", "check a day's raw data and write its quality report", true,
               false, validate)
      ->footer("Example:\n  tidemill validate --date 2026-11-01 --json\n\nWithout a date: the latest day.");
}

void define_prepare(CLI::App& parent, CommandContext& context) {
  define_stage(parent, context, "prepare", "stage 02: raw days up to a day become a train and a test set",
               true, true, prepare)
      ->footer(
          "Example:\n  tidemill prepare --date 2026-11-03\n\nWithout a date: the latest day with raw data.");
}

void define_train(CLI::App& parent, CommandContext& context) {
  define_stage(parent, context, "train", "stage 03: retrain if there is new data, register the best", false,
               true, train)
      ->footer("Examples:\n  tidemill train\n  tidemill train --force      also without new data");
}

}  // namespace tidemill::cli
