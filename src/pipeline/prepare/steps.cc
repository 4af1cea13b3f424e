#include "pipeline/prepare/steps.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/prepare/inputs.h"
#include "pipeline/prepare/learn_and_write.h"
#include "pipeline/prepare/render.h"
#include "pipeline/prepare/rows_in_error.h"

namespace tidemill::pipeline {
namespace {

std::string unknown_mean(const FeatureDefinition& /*comparison*/) {
  return "CAST(NULL AS DOUBLE)";
}

std::vector<FeatureSummary> planned_features(const FeaturePlan& plan) {
  std::vector<FeatureSummary> summaries;
  for (const auto* features : {&plan.numeric(), &plan.categorical()}) {
    for (const PlannedFeature& feature : *features) {
      summaries.push_back({feature.name, feature.source, feature.type});
    }
  }
  return summaries;
}

}  // namespace

FeatureReport engineer_features(const PrepareOptions& options, Date date, engine::Engine& engine,
                                storage::ObjectStore& store) {
  const Manifest raw = latest_raw_manifest(options, date, store);
  const FeaturePlan plan(options, raw.columns, engine);
  const std::string source =
      fmt::format("read_parquet({}, hive_partitioning = false)",
                  quote_literal(store.engine_uri(raw_prefix(raw.date) + "/" + kRawFile)));
  const std::string features_sql = plan.sql(source, unknown_mean);
  FeatureReport report{raw.date, raw.row_count, planned_features(plan)};
  std::vector<std::string> items = {"count(*)"};
  for (const FeatureSummary& feature : report.features) {
    const std::string name = quote_identifier(feature.name);
    items.push_back(fmt::format("count({0}), CAST(min({0}) AS VARCHAR), CAST(max({0}) AS VARCHAR)", name));
  }
  const auto session = engine.new_session();
  const std::string sql = fmt::format("SELECT {} FROM ({})", join(items), features_sql);
  try {
    const auto stream = session->query(sql);
    const engine::Batch* row = stream->next();
    if (row == nullptr) throw Error(ErrorCode::kInternal, "no answer to: " + sql);
    for (size_t i = 0; i < report.features.size(); ++i) {
      FeatureSummary& feature = report.features[i];
      int64_t count = 0;
      row->copy_int64s(1 + 3 * i, &count, 0);
      feature.null_count = raw.row_count - static_cast<uint64_t>(count);
      feature.min = std::string(row->string_at(2 + 3 * i, 0));
      feature.max = std::string(row->string_at(3 + 3 * i, 0));
    }
  } catch (const Error& error) {
    refuse_failing_feature(error, options.features, features_sql, *session);
  }
  return report;
}

SplitReport split_data(const PrepareOptions& options, Date date, engine::Engine& engine,
                       storage::ObjectStore& store, Progress& progress) {
  const PrepareInputs inputs = read_inputs(options, date, engine, store, progress);
  const auto session = engine.new_session();
  const Window window(inputs.days, *session, store);
  check_sides(window, options.roles);
  return {inputs.days.size(), window.train().count(), window.test().count(),
          window.row_count() - window.used_count()};
}

Preparation learn_preparation(const PrepareOptions& options, Date date, engine::Engine& engine,
                              storage::ObjectStore& store, Progress& progress) {
  const PrepareInputs inputs = read_inputs(options, date, engine, store, progress);
  const auto session = engine.new_session();
  const Window window(inputs.days, *session, store);
  check_sides(window, options.roles);
  const PrepareContext context = {options, inputs.plan, window, *session, store};
  const Fitted fitted =
      learn_and_write(context, inputs.type_of(options.roles.key), /*files=*/nullptr, progress);
  return make_preparation(options, inputs.plan, fitted, engine.version());
}

}  // namespace tidemill::pipeline
