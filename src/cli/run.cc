// run: one day, or each day of a range, from arrival to a registered version.

#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/stage_context.h"
#include "pipeline/report/report.h"

namespace tidemill::cli {
namespace {

struct RunArguments {
  std::string date, from, to;
  bool force = false;
  bool json = false;
};

std::vector<Date> dates_of(const RunArguments& arguments, const Clock& clock) {
  if (!arguments.date.empty()) return {Date::parse(arguments.date)};
  if (arguments.from.empty()) {
    return {Date::from_days(static_cast<int32_t>(clock.now_ms() / 86'400'000))};
  }
  const Date from = Date::parse(arguments.from), to = Date::parse(arguments.to);
  if (to < from) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("--to {} lies before --from {}", to.to_string(), from.to_string()));
  }
  return date_range(from, to);
}

std::string best_rmse_of(const pipeline::TrainingOutcome& training, const std::string& model) {
  for (const pipeline::TrainedModel& one : training.models) {
    if (one.name == model) return format_metric(one.test_rmse);
  }
  return "-";
}

void print_days(CommandContext& context, const std::vector<dags::DayOutcome>& days) {
  std::vector<std::string> columns = {"date", "rows", "quality", "train/test"};
  const auto& models = context.services().options().train.models;
  for (const pipeline::ModelSpec& model : models) columns.push_back(model.name);
  columns.insert(columns.end(), {"best", "version", "stage"});
  std::vector<std::vector<std::string>> rows;
  for (const dags::DayOutcome& day : days) {
    std::vector<std::string> row = {
        day.date.to_string(), std::to_string(day.ingest.manifest.row_count),
        fmt::format("{:.1f}", day.validation.quality_score),
        fmt::format("{}/{}", day.preparation.train_row_count, day.preparation.test_row_count)};
    for (const pipeline::ModelSpec& model : models) row.push_back(best_rmse_of(day.training, model.name));
    if (day.training.trained) {
      row.insert(row.end(),
                 {day.training.best_model, std::to_string(day.training.version), day.training.stage});
    } else {
      row.insert(row.end(), {"no new data", "-", "-"});
    }
    rows.push_back(std::move(row));
  }
  print_rows(context.out, OutputFormat::kTable, columns, rows);
  for (const dags::DayOutcome& day : days) {
    if (day.training.trained) {
      context.out << day.date.to_string() << "  version " << day.training.version << ": "
                  << day.training.promotion.reason << '\n';
    }
  }
}

void run(CommandContext& context, const RunArguments& arguments) {
  Services& services = context.services();
  const std::vector<Date> dates = dates_of(arguments, services.clock());
  const auto lock = lock_project(context);
  services.sweep();
  TerminalProgress progress(context.err, context.err_is_terminal);
  std::vector<dags::DayOutcome> days;
  for (size_t i = 0; i < dates.size(); ++i) {
    const double share = 1.0 / static_cast<double>(dates.size());
    progress.set_part(static_cast<double>(i) * share, share);
    progress.set_label(dates[i].to_string());
    dags::StageContext stages = stage_context(services, progress);
    days.push_back(dags::run_day(stages, dates[i], arguments.force));
    for (const std::string& warning : days.back().validation.warnings) {
      progress.clear();
      context.err << "warning: " << dates[i].to_string() << ": " << warning << '\n';
    }
  }
  progress.clear();
  const std::filesystem::path report = services.project_dir() / "report.html";
  pipeline::write_report(report, services.options().name, services.options().registered_model,
                         services.options().experiment, services.objects(), services.artifacts(),
                         services.tracking());
  if (arguments.json) {
    Json document = {{"days", Json::array()}};
    for (const dags::DayOutcome& day : days) document["days"].push_back(to_json(day));
    document["report"] = report.string();
    print_json(context.out, document);
  } else {
    print_days(context, days);
    context.out << "report: " << report.string() << '\n';
  }
}

}  // namespace

void define_run(CLI::App& parent, CommandContext& context) {
  const auto arguments = std::make_shared<RunArguments>();
  CLI::App* command = parent.add_subcommand(
      "run", "a day, or each day of a range: generate, validate, prepare, train, register, promote");
  command->footer(
      "Examples:\n  tidemill run --date 2026-11-01\n  tidemill run --from 2026-11-01 --to 2026-11-03\n"
      "\nWithout a date it runs today (UTC). What is finished is left alone unless --force.");
  CLI::Option* date = command->add_option("--date", arguments->date, "the day")->type_name("DATE");
  CLI::Option* from =
      command->add_option("--from", arguments->from, "first day of a range")->type_name("DATE");
  CLI::Option* to = command->add_option("--to", arguments->to, "last day of a range")->type_name("DATE");
  from->needs(to)->excludes(date);
  to->needs(from)->excludes(date);
  command->add_flag("--force", arguments->force, "make finished days again and train even without new data");
  command->add_flag("--json", arguments->json, "answer with one JSON document");
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { run(context, *arguments); }; });
}

}  // namespace tidemill::cli
