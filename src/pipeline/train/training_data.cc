#include "pipeline/train/training_data.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"

namespace tidemill::pipeline {
namespace {

// Columns of a Parquet file, column-major, each `row_count` long.
struct Columns {
  std::vector<double> values;
  size_t row_count = 0;
};

Columns read_columns(const std::vector<std::string>& names, const std::string& uri, size_t row_count,
                     engine::Session& session) {
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : ", ") + quote_identifier(name);
  const auto stream = session.query(fmt::format("SELECT {} FROM read_parquet({})", list, quote_literal(uri)));
  Columns columns;
  columns.values.resize(names.size() * row_count);
  while (const engine::Batch* batch = stream->next()) {
    if (columns.row_count + batch->row_count() > row_count) {
      throw Error(ErrorCode::kCorrupted, fmt::format("{} has more rows than expected ({})", uri, row_count));
    }
    for (size_t c = 0; c < names.size(); ++c) {
      batch->copy_doubles(c, columns.values.data() + c * row_count + columns.row_count);
    }
    columns.row_count += batch->row_count();
  }
  if (columns.row_count != row_count) {
    throw Error(ErrorCode::kCorrupted,
                fmt::format("{} has {} rows, {} expected", uri, columns.row_count, row_count));
  }
  return columns;
}

size_t count_rows(const std::string& uri, engine::Session& session) {
  const auto stream = session.query(fmt::format("SELECT count(*) FROM read_parquet({})", quote_literal(uri)));
  const engine::Batch* batch = stream->next();
  double count = 0;
  batch->copy_doubles(0, &count);
  return static_cast<size_t>(count);
}

}  // namespace

TrainingData load_training_data(Date date, engine::Engine& engine, const storage::ObjectStore& store) {
  const std::string prefix = prepared_prefix(date);
  const std::optional<Manifest> manifest = read_manifest(store, prefix);
  if (!manifest) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("there is no prepared data for {}: run 'tidemill prepare --date {}' first",
                            date.to_string(), date.to_string()));
  }
  TrainingData data;
  data.manifest = *manifest;
  const std::string preparation_key = prefix + "/" + kPreparationFile;
  data.preparation = preparation_from_json(
      parse_json(store.get(preparation_key).value_or(""), preparation_key), preparation_key);
  data.feature_names = data.preparation.preprocessing.output_names();

  const auto session = engine.new_session();
  const std::string target = data.preparation.roles.target;
  const std::string train_uri = store.engine_uri(prefix + "/" + kTrainFile);
  const std::string test_uri = store.engine_uri(prefix + "/" + kTestFile);
  data.train_row_count = count_rows(train_uri, *session);
  data.features = read_columns(data.feature_names, train_uri, data.train_row_count, *session).values;
  data.features_f32.assign(data.features.begin(), data.features.end());
  data.target = read_columns({target}, train_uri, data.train_row_count, *session).values;

  FeatureRows test =
      compute_features(data.preparation, side_rows_sql(*manifest, /*test_side=*/true, store), *session);
  data.test_row_count = test.row_count;
  data.test_keys = std::move(test.keys);
  data.test_inputs = std::move(test.values);
  data.test_target = read_columns({target}, test_uri, data.test_row_count, *session).values;
  if (data.train_row_count == 0 || data.test_row_count == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the data prepared for {} has {} train and {} test rows: both sides need some",
                            date.to_string(), data.train_row_count, data.test_row_count));
  }
  return data;
}

}  // namespace tidemill::pipeline
