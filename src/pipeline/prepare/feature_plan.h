#pragma once
// Which columns and features there will be: the project's definitions checked against the columns of the raw
// data, and the SQL that computes them.

#include <functional>
#include <string>
#include <vector>

#include "pipeline/prepare/prepare.h"

namespace tidemill::pipeline {

// A column of the feature query that becomes an input of the model's graph.
struct PlannedFeature {
  std::string name;
  std::string source;  // "column", the SQL expression, or "value / mean of value within group"
  std::string type;    // as the engine names it
  bool is_raw = false;
};

struct PlannedComparison {
  FeatureDefinition definition;
  size_t round = 0;  // comparisons of a round need only features that do not need a later round's means
};

class FeaturePlan {
 public:
  // `raw_columns` are those of the raw data. Errors: kInvalidArgument naming the column or feature, its place
  // in the project file and what is allowed.
  FeaturePlan(const PrepareOptions& options, const std::vector<engine::Column>& raw_columns,
              engine::Engine& engine);

  // Numeric features first the raw columns, then the defined features, each in their order; so categorical
  // ones.
  const std::vector<PlannedFeature>& numeric() const { return numeric_; }
  const std::vector<PlannedFeature>& categorical() const { return categorical_; }
  const std::vector<PlannedComparison>& comparisons() const { return comparisons_; }
  size_t round_count() const { return round_count_; }
  // Raw columns that the features read, in raw order.
  const std::vector<engine::Column>& needed_columns() const { return needed_; }

  // The mean that a row's value is compared with, as SQL over the row.
  using MeanSql = std::function<std::string(const FeatureDefinition&)>;
  // SELECT * of `source` (a table, or a subquery in parentheses) and every defined feature.
  std::string sql(const std::string& source, const MeanSql& mean) const;

 private:
  void check_roles() const;
  void check_names() const;
  void add_raw_columns();
  void add_expression(const FeatureDefinition& feature, engine::Engine& engine);
  void add_comparison(const FeatureDefinition& feature);
  void add(const PlannedFeature& feature);
  void check_drop_columns() const;
  void use(const std::vector<std::string>& columns, const std::string& feature);
  const engine::Column& known_column(const FeatureDefinition& feature, const std::string& name,
                                     const char* part) const;

  const PrepareOptions options_;
  std::vector<engine::Column> raw_;  // without the target
  engine::Column target_;
  std::vector<engine::Column> known_;                   // raw and, as they are checked, features
  std::vector<std::pair<std::string, size_t>> rounds_;  // feature -> rounds of means that must come before it
  std::vector<std::string> used_;                       // names of raw columns that some feature reads
  std::vector<PlannedFeature> numeric_, categorical_;
  std::vector<PlannedComparison> comparisons_;
  std::vector<engine::Column> needed_;
  size_t round_count_ = 0;
};

// Compares names as SQL does: ASCII letters without case.
bool same_name(const std::string& a, const std::string& b);

bool is_numeric_type(const std::string& type);  // integers, decimals, floats, BOOLEAN
bool is_text_type(const std::string& type);     // VARCHAR, ENUM

}  // namespace tidemill::pipeline
