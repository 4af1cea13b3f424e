#include "cli/models_compare.h"

#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/option_checks.h"
#include "cli/output.h"
#include "metadata/variables.h"
#include "pipeline/train/registration.h"
#include "pipeline/train/reproduce.h"

namespace tidemill::cli {
namespace {

struct CompareArguments {
  std::vector<int> versions;
  std::string date;
  int version = 0;
  OutputFormat format = OutputFormat::kTable;
};

// Both versions on the test side of one day's data: the latest prepared, or --date.
void compare(CommandContext& context, const CompareArguments& arguments) {
  Services& services = context.services();
  const std::string& name = services.options().registered_model;
  std::string date = arguments.date;
  if (date.empty())
    date = metadata::get_variable(services.metadata(), dags::kLatestPreparedData).value_or("");
  if (date.empty()) throw Error(ErrorCode::kNotFound, "there is no prepared data to compare on");
  const pipeline::TrainingData data =
      pipeline::load_training_data(Date::parse(date), services.engine(), services.objects());
  Json document = {{"name", name},
                   {"data_date", date},
                   {"test_row_count", data.test_row_count},
                   {"versions", Json::array()}};
  std::vector<std::string> columns = {"metric"};
  std::vector<std::vector<std::string>> rows = {{"test_rmse"}, {"test_mae"}, {"test_r2"}};
  for (const int version : arguments.versions) {
    const auto metrics =
        pipeline::evaluate_version(services.tracking(), services.artifacts(), services.engine(),
                                   services.objects(), name, version, data);
    columns.push_back(fmt::format("version {}", version));
    document["versions"].push_back(
        {{"version", version}, {"metrics", metrics ? Json(*metrics) : Json(nullptr)}});
    for (auto& row : rows) row.push_back(metrics ? format_metric(metrics->at(row.front())) : "-");
  }
  if (arguments.format == OutputFormat::kJson) return print_json(context.out, document);
  context.out << fmt::format("{} on the {} test rows of {}\n", name, data.test_row_count, date);
  print_rows(context.out, arguments.format, columns, rows);
}

void reproduce(CommandContext& context, const CompareArguments& arguments) {
  Services& services = context.services();
  const pipeline::Reproduction result = pipeline::reproduce_version(
      services.tracking(), services.artifacts(), services.engine(), services.objects(),
      services.options().registered_model, arguments.version, services.options().train.thread_count);
  if (arguments.format == OutputFormat::kJson) {
    print_json(context.out, {{"version", arguments.version},
                             {"same_bytes", result.same_bytes},
                             {"same_cpu_model", result.same_cpu_model},
                             {"prediction_difference_max", result.prediction_difference_max},
                             {"reproduced", result.reproduced},
                             {"summary", result.summary}});
  } else {
    context.out << result.summary << '\n';
  }
  if (!result.reproduced) context.exit_code = 1;
}

}  // namespace

void define_models_compare(CLI::App& group, CommandContext& context) {
  const auto arguments = std::make_shared<CompareArguments>();
  CLI::App* command = group.add_subcommand("compare", "versions beside each other on the same test set");
  command->footer("Example:\n  tidemill models compare 1 3");
  command->add_option("versions", arguments->versions, "two versions or more")
      ->required()
      ->expected(2, 20)
      ->transform(integer_between(1));
  command
      ->add_option("--date", arguments->date, "the day whose test set is used (default: the latest prepared)")
      ->type_name("DATE");
  add_output_option(*command, arguments->format);
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { compare(context, *arguments); }; });
}

void define_models_reproduce(CLI::App& group, CommandContext& context) {
  const auto arguments = std::make_shared<CompareArguments>();
  CLI::App* command = group.add_subcommand("reproduce", "train a version again from its record and compare");
  command->footer(
      "The model file must be the same bytes on the same CPU model, predictions within 1e-6 elsewhere.\n"
      "Example:\n  tidemill models reproduce 2");
  command->add_option("version", arguments->version, "the version")
      ->required()
      ->transform(integer_between(1));
  add_output_option(*command, arguments->format);
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { reproduce(context, *arguments); }; });
}

}  // namespace tidemill::cli
