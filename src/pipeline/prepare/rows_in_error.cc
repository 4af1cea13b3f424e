#include "pipeline/prepare/rows_in_error.h"

#include <functional>

#include <fmt/format.h>

#include "base/text.h"

namespace tidemill::pipeline {
namespace {

struct FoundRow {
  std::string value;  // as text
  std::string place;  // "2026-11-01, customer_id 'C7'"
};

// The first row of either side, in order, for which the SQL condition on the feature holds.
FoundRow find_row(const std::string& condition, const PlannedFeature& feature,
                  const std::string& features_sql, const PrepareContext& context) {
  const std::string& key = context.options.roles.key;
  const auto stream = context.session.query(fmt::format(
      "SELECT file_index, file_row_number, CAST({} AS VARCHAR), CAST({} AS VARCHAR) FROM ({}) WHERE {}",
      quote_identifier(key), quote_identifier(feature.name), features_sql, condition));
  while (const engine::Batch* batch = stream->next()) {
    std::vector<int64_t> files(batch->row_count()), rows(batch->row_count());
    batch->copy_int64s(0, files.data(), 0);
    batch->copy_int64s(1, rows.data(), 0);
    for (size_t i = 0; i < files.size(); ++i) {
      const size_t row = context.window.row(files[i], rows[i]);
      if (context.window.position(row) == SIZE_MAX) continue;
      return {std::string(batch->string_at(3, i)),
              fmt::format("{}, {} '{}'", context.window.day_of(row).date.to_string(), key,
                          batch->string_at(2, i))};
    }
  }
  return {"?", "a row that is not found again"};
}

}  // namespace

void refuse_non_finite(const PlannedFeature& feature, const std::string& features_sql,
                       const PrepareContext& context) {
  const std::string value = fmt::format("CAST({} AS DOUBLE)", quote_identifier(feature.name));
  const FoundRow row = find_row(fmt::format("NOT isfinite({})", value), feature, features_sql, context);
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{} '{}' is {} at {}: {}", feature.is_raw ? "raw column" : "feature", feature.name,
                          row.value, row.place,
                          feature.is_raw
                              ? "mend the data, or make it null to have it imputed"
                              : fmt::format("its expression ({}) divides by zero or overflows there; guard "
                                            "it, for example with x / nullif(y, 0)",
                                            feature.source)));
}

void refuse_long_text(const PlannedFeature& feature, const std::string& features_sql,
                      const PrepareContext& context) {
  const std::string condition =
      fmt::format("strlen(CAST({} AS VARCHAR)) > {}", quote_identifier(feature.name), kMaxCategoryBytes);
  const FoundRow row = find_row(condition, feature, features_sql, context);
  throw Error(
      ErrorCode::kInvalidArgument,
      fmt::format(
          "column '{}' has a text of {} bytes at {}; a category has at most {}: leave the column out with "
          "prepare.drop_columns, or mend the data",
          feature.name, row.value.size(), row.place, kMaxCategoryBytes));
}

void refuse_failing_feature(const Error& error, const std::vector<FeatureDefinition>& features,
                            const std::string& features_sql, engine::Session& session) {
  if (error.code() != ErrorCode::kInvalidArgument) throw error;
  for (const FeatureDefinition& feature : features) {
    try {
      session.execute(
          fmt::format("SELECT count({}) FROM ({})", quote_identifier(feature.name), features_sql));
    } catch (const Error& alone) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("{}{}feature '{}' cannot be computed: {}", feature.place,
                              feature.place.empty() ? "" : ": ", feature.name, alone.message()));
    }
  }
  throw error;
}

}  // namespace tidemill::pipeline
