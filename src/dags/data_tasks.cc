// The tasks of 01_data_generation_pipeline and 02_data_preparation_pipeline.

#include <ostream>

#include <fmt/format.h>
#include <fmt/ostream.h>

#include "base/digest.h"
#include "base/error.h"
#include "dags/tasks.h"
#include "metadata/variables.h"
#include "pipeline/prepare/steps.h"

namespace tidemill::dags {
namespace {

using workflow::TaskReport;

TaskReport success(const Json& value) {
  return {TaskReport::Outcome::kSuccess, value.dump(), "", ""};
}

std::string preparation_hash(const pipeline::Preparation& preparation) {
  return sha256_hex(pipeline::to_json(preparation).dump());
}

void log_numbers(const pipeline::Preparation& preparation, std::ostream& log) {
  for (const models::NumericInput& input : preparation.preprocessing.numeric) {
    fmt::print(log, "{}: missing becomes {}, limited to [{}, {}], mean {}, scale {}\n", input.name,
               input.impute_value, input.cap_low, input.cap_high, input.mean, input.scale);
  }
}

}  // namespace

TaskReport generate_data_task(TaskContext& context) {
  const pipeline::IngestResult result = generate(context.stages, context.date, context.force);
  fmt::print(context.log, "{} rows of {}{}\n", result.manifest.row_count, context.date.to_string(),
             result.already_there ? " were there already" : "");
  return success({{"date", context.date.to_string()},
                  {"row_count", result.manifest.row_count},
                  {"manifest_hash", result.manifest.hash()}});
}

TaskReport validate_data_task(TaskContext& context) {
  const pipeline::ValidationReport report = validate(context.stages, context.date);
  fmt::print(context.log, "quality score {:.1f} of 100, alert under {}\n", report.quality_score,
             report.score_threshold);
  for (const std::string& warning : report.warnings) fmt::print(context.log, "warning: {}\n", warning);
  return success({{"quality_score", report.quality_score}, {"passed", report.passed}});
}

TaskReport trigger_data_preparation_task(TaskContext& context) {
  const auto raw = pipeline::read_manifest(context.stages.objects(), pipeline::raw_prefix(context.date));
  if (!raw) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("there is no raw data of {}: clear generate_data too", context.date.to_string()));
  }
  const Json event = {{"date", context.date.to_string()}, {"manifest_hash", raw->hash()}};
  fmt::print(context.log, "raw data of {} is there: {} follows\n", context.date.to_string(),
             kDataPreparation);
  return {TaskReport::Outcome::kSuccess, event.dump(), event.dump(), ""};
}

TaskReport engineer_features_task(TaskContext& context) {
  const pipeline::FeatureReport report = pipeline::engineer_features(
      context.stages.options.prepare, context.date, context.stages.engine(), context.stages.objects());
  fmt::print(context.log, "{} features on the {} rows of {}\n", report.features.size(), report.row_count,
             report.date.to_string());
  for (const pipeline::FeatureSummary& feature : report.features) {
    fmt::print(context.log, "{} ({}) = {}: {} empty, {} to {}\n", feature.name, feature.type, feature.source,
               feature.null_count, feature.min, feature.max);
  }
  return success({{"date", context.date.to_string()}, {"feature_count", report.features.size()}});
}

TaskReport split_data_task(TaskContext& context) {
  const pipeline::SplitReport report =
      pipeline::split_data(context.stages.options.prepare, context.date, context.stages.engine(),
                           context.stages.objects(), context.stages.progress);
  fmt::print(context.log, "{} days: {} rows to train on, {} to test on, {} without a target\n",
             report.day_count, report.train_row_count, report.test_row_count, report.null_target_row_count);
  return success({{"train_row_count", report.train_row_count}, {"test_row_count", report.test_row_count}});
}

TaskReport clean_data_task(TaskContext& context) {
  const pipeline::Preparation learned =
      pipeline::learn_preparation(context.stages.options.prepare, context.date, context.stages.engine(),
                                  context.stages.objects(), context.stages.progress);
  log_numbers(learned, context.log);
  return success({{"preparation_hash", preparation_hash(learned)}});
}

TaskReport scale_features_task(TaskContext& context) {
  pipeline::PrepareOptions options = context.stages.options.prepare;
  options.force = context.force;
  const pipeline::PrepareResult result = pipeline::prepare(options, context.date, context.stages.engine(),
                                                           context.stages.objects(), context.stages.progress);
  const std::string hash = preparation_hash(result.preparation);
  // What is published is always learned from the days that are there: no harm is done when some came between.
  if (context.returned_by("clean_data").at("preparation_hash") != hash) {
    fmt::print(context.log, "raw data or settings have changed since clean_data: learned again\n");
    log_numbers(result.preparation, context.log);
  }
  fmt::print(context.log, "{} train and {} test rows of {}{}\n", result.train_row_count,
             result.test_row_count, context.date.to_string(),
             result.already_there ? " were there already" : "");
  return success({{"date", context.date.to_string()},
                  {"train_row_count", result.train_row_count},
                  {"test_row_count", result.test_row_count},
                  {"manifest_hash", result.manifest.hash()}});
}

TaskReport update_variable_task(TaskContext& context) {
  move_latest_prepared_data(context.stages, context.date);
  const auto latest = metadata::get_variable(context.stages.metadata(), kLatestPreparedData);
  fmt::print(context.log, "{} = {}\n", kLatestPreparedData, latest.value_or(""));
  const Json event = {{"date", context.date.to_string()}};
  return {TaskReport::Outcome::kSuccess, event.dump(), event.dump(), ""};
}

}  // namespace tidemill::dags
