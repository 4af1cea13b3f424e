#include "pipeline/prepare/rows_in_error.h"

#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace tidemill::pipeline {

std::string describe_row(const Window& window, size_t row, const TableRoles& roles, engine::Session& session,
                         const storage::ObjectStore& store) {
  const SplitDay& day = window.day_of(row);
  size_t in_day = row;
  for (const SplitDay& earlier : window.days()) {
    if (earlier.date < day.date) in_day -= earlier.raw.row_count;
  }
  const auto stream = session.query(
      fmt::format("SELECT CAST({} AS VARCHAR) FROM read_parquet({}, hive_partitioning = false) WHERE "
                  "file_row_number = {}",
                  quote_identifier(roles.key),
                  quote_literal(store.engine_uri(raw_prefix(day.date) + "/" + kRawFile)), in_day));
  const engine::Batch* batch = stream->next();
  return fmt::format("{}, {} '{}'", day.date.to_string(), roles.key,
                     batch != nullptr ? batch->string_at(0, 0) : "?");
}

void refuse_non_finite(const PlannedFeature& feature, const std::string& features_sql, const Window& window,
                       const TableRoles& roles, engine::Session& session, const storage::ObjectStore& store) {
  const std::string kind = feature.is_raw ? "raw column" : "feature";
  size_t bad_row = 0;
  double bad_value = NAN;
  {
    const auto stream =
        session.query(fmt::format("SELECT file_index, file_row_number, CAST({} AS DOUBLE) FROM ({})",
                                  quote_identifier(feature.name), features_sql));
    bool is_found = false;
    while (const engine::Batch* batch = is_found ? nullptr : stream->next()) {
      std::vector<int64_t> files(batch->row_count()), rows(batch->row_count());
      std::vector<double> values(batch->row_count());
      batch->copy_int64s(0, files.data(), 0);
      batch->copy_int64s(1, rows.data(), 0);
      batch->copy_doubles(2, values.data());
      for (size_t i = 0; i < values.size() && !is_found; ++i) {
        if (std::isfinite(values[i]) || batch->is_null(2, i)) continue;
        const size_t row = window.row(files[i], rows[i]);
        if (!window.train().contains(row) && !window.test().contains(row)) continue;
        is_found = true;
        bad_row = row;
        bad_value = values[i];
      }
    }
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{} '{}' is {} at {}: {}", kind, feature.name, format_double(bad_value),
                          describe_row(window, bad_row, roles, session, store),
                          feature.is_raw
                              ? "mend the data, or make it null to have it imputed"
                              : fmt::format("its expression ({}) divides by zero or overflows there; guard "
                                            "it, for example with x / nullif(y, 0)",
                                            feature.source)));
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
