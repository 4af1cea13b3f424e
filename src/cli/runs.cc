// runs list|show|compare: what was tracked.

#include <algorithm>
#include <cmath>
#include <iostream>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/date.h"
#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/option_checks.h"
#include "cli/output.h"

namespace tidemill::cli {
namespace {

struct RunsArguments {
  std::vector<std::string> run_ids;
  int64_t limit = 100;
  OutputFormat format = OutputFormat::kTable;
};

Json number_or_text(double value) {
  return std::isfinite(value) ? Json(value) : Json(format_metric(value));
}

Json to_json(const tracking::Run& run) {
  Json json = {{"run_id", run.info.run_id},
               {"run_name", run.info.run_name},
               {"experiment_id", run.info.experiment_id},
               {"status", std::string(tracking::to_string(run.info.status))},
               {"start_time", run.info.start_time_ms},
               {"end_time", run.info.end_time_ms ? Json(*run.info.end_time_ms) : Json(nullptr)},
               {"artifact_uri", run.info.artifact_uri},
               {"metrics", Json::object()},
               {"params", Json::object()},
               {"tags", Json::object()},
               {"logged_models", Json::array()}};
  for (const tracking::Metric& metric : run.metrics)
    json["metrics"][metric.key] = number_or_text(metric.value);
  for (const tracking::Param& param : run.params) json["params"][param.key] = param.value;
  for (const tracking::Tag& tag : run.tags) json["tags"][tag.key] = tag.value;
  for (const tracking::ModelOutput& model : run.model_outputs)
    json["logged_models"].push_back(model.model_id);
  return json;
}

std::vector<tracking::Run> search(Services& services, int64_t limit) {
  const auto experiment = services.tracking().get_experiment_by_name(services.options().experiment);
  if (!experiment) return {};
  tracking::RunQuery query;
  query.experiment_ids = {experiment->experiment_id};
  query.page.max_results = limit;
  return services.tracking().search_runs(query).items;
}

void list(CommandContext& context, const RunsArguments& arguments) {
  const std::vector<tracking::Run> runs = search(context.services(), arguments.limit);
  if (arguments.format == OutputFormat::kJson) {
    Json document = {{"runs", Json::array()}};
    for (const tracking::Run& run : runs) document["runs"].push_back(to_json(run));
    return print_json(context.out, document);
  }
  std::vector<std::vector<std::string>> rows;
  for (const tracking::Run& run : runs) {
    const auto metric = [&run](const char* key) {
      const auto value = run.metric(key);
      return value ? format_metric(*value) : std::string("-");
    };
    rows.push_back({run.info.run_id, run.info.run_name, std::string(tracking::to_string(run.info.status)),
                    metric("test_rmse"), metric("test_mae"), metric("test_r2"),
                    format_utc_ms(run.info.start_time_ms)});
  }
  print_rows(context.out, arguments.format,
             {"run_id", "run_name", "status", "test_rmse", "test_mae", "test_r2", "start_time"}, rows);
}

void show(CommandContext& context, const RunsArguments& arguments) {
  const tracking::Run run = context.services().tracking().get_run(arguments.run_ids.front());
  if (arguments.format == OutputFormat::kJson) return print_json(context.out, to_json(run));
  std::vector<std::vector<std::string>> rows = {{"run_name", run.info.run_name},
                                                {"status", std::string(tracking::to_string(run.info.status))},
                                                {"start_time", format_utc_ms(run.info.start_time_ms)},
                                                {"artifact_uri", run.info.artifact_uri}};
  for (const tracking::Metric& metric : run.metrics)
    rows.push_back({"metric " + metric.key, format_metric(metric.value)});
  for (const tracking::Param& param : run.params) rows.push_back({"param " + param.key, param.value});
  for (const tracking::Tag& tag : run.tags) rows.push_back({"tag " + tag.key, tag.value});
  print_rows(context.out, arguments.format, {"property", "value"}, rows);
}

// One row per metric and per param that differs, one column per run.
void compare(CommandContext& context, const RunsArguments& arguments) {
  std::vector<tracking::Run> runs;
  for (const std::string& id : arguments.run_ids) runs.push_back(context.services().tracking().get_run(id));
  if (arguments.format == OutputFormat::kJson) {
    Json document = {{"runs", Json::array()}};
    for (const tracking::Run& run : runs) document["runs"].push_back(to_json(run));
    return print_json(context.out, document);
  }
  std::set<std::string> metrics, params;
  for (const tracking::Run& run : runs) {
    for (const tracking::Metric& metric : run.metrics) metrics.insert(metric.key);
    for (const tracking::Param& param : run.params) params.insert(param.key);
  }
  std::vector<std::string> columns = {"property"};
  for (const tracking::Run& run : runs) columns.push_back(run.info.run_name);
  std::vector<std::vector<std::string>> rows;
  for (const std::string& key : metrics) {
    rows.push_back({"metric " + key});
    for (const tracking::Run& run : runs) {
      rows.back().push_back(run.metric(key) ? format_metric(*run.metric(key)) : "-");
    }
  }
  for (const std::string& key : params) {
    std::vector<std::string> row = {"param " + key};
    for (const tracking::Run& run : runs) row.push_back(run.param(key).value_or("-"));
    const bool differs =
        std::any_of(row.begin() + 2, row.end(), [&row](const auto& cell) { return cell != row[1]; });
    if (differs) rows.push_back(std::move(row));
  }
  print_rows(context.out, arguments.format, columns, rows);
}

}  // namespace

void define_runs(CLI::App& parent, CommandContext& context) {
  CLI::App* group = parent.add_subcommand("runs", "list, show and compare tracked runs");
  group->require_subcommand(1);
  const auto arguments = std::make_shared<RunsArguments>();

  CLI::App* command = group->add_subcommand("list", "runs of the project's experiment, the latest first");
  command->add_option("--limit", arguments->limit, "at most this many")
      ->capture_default_str()
      ->transform(integer_between(1));
  add_output_option(*command, arguments->format);
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { list(context, *arguments); }; });

  command = group->add_subcommand("show", "everything one run has logged");
  command->add_option("run_id", arguments->run_ids, "the run")->required()->expected(1);
  add_output_option(*command, arguments->format);
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { show(context, *arguments); }; });

  command = group->add_subcommand("compare", "metrics of runs beside each other, and the params that differ");
  command->add_option("run_ids", arguments->run_ids, "two runs or more")->required()->expected(2, 20);
  add_output_option(*command, arguments->format);
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { compare(context, *arguments); }; });
}

}  // namespace tidemill::cli
