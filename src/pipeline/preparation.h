#pragma once
// The fitted preparation, as a record between the stages: prepare writes it, train puts it into every model,
// predict and serving apply it.

#include <string>
#include <vector>

#include "base/json_fwd.h"
#include "engine/engine.h"
#include "models/preprocessing.h"
#include "pipeline/dataset.h"

namespace tidemill::pipeline {

// A feature of the project file. Either a SQL expression over the row (raw columns and features above it),
// or a comparison: `value` divided by its mean, on the train side, within the row's `group`.
struct FeatureDefinition {
  std::string name;
  std::string expression;  // "total_spend * login_frequency"; "" for a comparison
  std::string value;       // comparison: a numeric raw column or feature above
  std::string group;       // comparison: a categorical raw column
  std::string place;       // "tidemill.toml:52", for messages
};

// The fitted preparation: what preparation.json holds.
struct Preparation {
  TableRoles roles;
  // What a scoring request brings: the columns that features read (not the target, nor key and time unless a
  // feature reads them), in raw order and the types they had in training.
  std::vector<engine::Column> raw_columns;
  std::vector<FeatureDefinition> features;  // as defined
  // A whole query over a table, view or CTE named `rows` that has raw_columns: it gives the graph's inputs in
  // order of preprocessing.input_names(), all DOUBLE, NULL for missing, one row for each row of `rows` in its
  // order. Casts, feature expressions, group means and category indexes are in it: the same engine version
  // gives the same doubles in training, predict and the MLflow model. "WITH rows AS (...) <feature_sql>".
  std::string feature_sql;
  std::string engine_version;
  std::string feature_set_hash;  // sha256 of the definitions (not of fitted values): the feature-set version
  models::Preprocessing preprocessing;
};

Json to_json(const Preparation& preparation);
Preparation preparation_from_json(const Json& json, const std::string& place);

// Raw rows to graph inputs, row-major [row_count, preprocessing.input_count()], NaN for missing. `rows_sql`
// is any SELECT, or the name of a table, that yields raw_columns in any types that convert to theirs; other
// columns are ignored. Errors: kInvalidArgument naming the columns that are missing (and all that are
// needed), or a column with a value that does not convert.
struct FeatureRows {
  std::vector<std::string> keys;  // as text; empty when the rows have no key column
  std::vector<double> values;
  size_t row_count = 0;
};
FeatureRows compute_features(const Preparation& preparation, const std::string& rows_sql,
                             engine::Session& session);

// SQL that selects the raw rows of one side of a prepared dataset (its manifest lists the raw days and splits
// it was made from), in prepared order: row i is row i of train.parquet or test.parquet.
std::string side_rows_sql(const Manifest& prepared, bool test_side, const storage::ObjectStore& store);

}  // namespace tidemill::pipeline
