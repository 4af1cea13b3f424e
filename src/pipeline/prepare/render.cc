#include "pipeline/prepare/render.h"

#include <map>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "pipeline/prepare/learn_and_write.h"

namespace tidemill::pipeline {
namespace {

// A literal in quotes: a bare 0.1 would be a DECIMAL in SQL.
std::string double_literal(double value) {
  return fmt::format("CAST('{}' AS DOUBLE)", format_double(value));
}

std::string lower(std::string text) {
  for (char& c : text) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return text;
}

// The raw columns in the types they had in training. NaN counts as missing, as in the data frames of Python.
std::string cast_rows_sql(const std::vector<engine::Column>& columns) {
  std::vector<std::string> items;
  for (const engine::Column& column : columns) {
    const std::string name = quote_identifier(column.name);
    const std::string type = column.type == "ENUM" ? "VARCHAR" : column.type;
    std::string value = fmt::format("CAST({} AS {})", name, type);
    if (type == "DOUBLE" || type == "FLOAT")
      value = fmt::format("nullif({}, CAST('NaN' AS {}))", value, type);
    items.push_back(value + " AS " + name);
  }
  return "SELECT " + join(items) + " FROM rows";
}

std::string mean_case_sql(const FeatureDefinition& comparison, const std::vector<GroupMeans>& all) {
  for (const GroupMeans& group : all) {
    if (group.feature != comparison.name) continue;
    if (group.means.empty()) break;
    std::string sql = fmt::format("CASE CAST({} AS VARCHAR)", quote_identifier(comparison.group));
    for (const auto& [text, mean] : group.means) {
      sql += fmt::format(" WHEN {} THEN {}", quote_literal(text), double_literal(mean));
    }
    return sql + " END";
  }
  return "CAST(NULL AS DOUBLE)";
}

std::string numeric_sql(const std::string& feature) {
  const std::string value = fmt::format("CAST({} AS DOUBLE)", quote_identifier(feature));
  return fmt::format("CASE WHEN isfinite({0}) THEN {0} END AS {1}", value, quote_identifier(feature));
}

std::string category_sql(const std::string& feature, const CategoryFit& fit) {
  const std::string name = quote_identifier(feature);
  std::string sql = fmt::format("CASE WHEN {} IS NULL THEN NULL", name);
  for (size_t i = 0; i < fit.categories.size(); ++i) {
    sql += fmt::format(" WHEN {} = {} THEN CAST({} AS DOUBLE)", name, quote_literal(fit.categories[i]), i);
  }
  return sql + fmt::format(" ELSE CAST(-1 AS DOUBLE) END AS {}", name);
}

std::string feature_sql(const FeaturePlan& plan, const Fitted& fitted) {
  std::vector<std::string> items;
  for (const PlannedFeature& feature : plan.numeric()) items.push_back(numeric_sql(feature.name));
  for (size_t c = 0; c < plan.categorical().size(); ++c) {
    items.push_back(category_sql(plan.categorical()[c].name, fitted.categorical[c]));
  }
  const auto mean = [&](const FeatureDefinition& comparison) {
    return mean_case_sql(comparison, fitted.group_means);
  };
  return fmt::format("SELECT {} FROM ({})", join(items),
                     plan.sql("(" + cast_rows_sql(plan.needed_columns()) + ")", mean));
}

std::string feature_set_hash(const FeaturePlan& plan, const std::vector<FeatureDefinition>& features) {
  Json inputs = Json::array(), definitions = Json::array();
  for (const auto* kind : {&plan.numeric(), &plan.categorical()}) {
    for (const PlannedFeature& feature : *kind)
      inputs.push_back({feature.name, feature.type, feature.source});
  }
  for (const FeatureDefinition& feature : features) {
    definitions.push_back({feature.name, feature.expression, feature.value, feature.group});
  }
  return sha256_hex(format_json({{"inputs", inputs}, {"definitions", definitions}}));
}

void check_output_names(const Preparation& preparation) {
  std::map<std::string, std::string> seen = {{lower(preparation.roles.key), preparation.roles.key},
                                             {lower(preparation.roles.target), preparation.roles.target}};
  for (const std::string& name : preparation.preprocessing.output_names()) {
    const auto [place, is_new] = seen.emplace(lower(name), name);
    if (is_new) continue;
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format(
            "two prepared columns would be named '{}' and '{}' (names in SQL have no case): rename the "
            "column or feature, or unify its texts with a feature such as lower(column)",
            place->second, name));
  }
}

Json numeric_metadata(const PlannedFeature& feature, const ColumnFit& fit) {
  return {{"name", feature.name},
          {"kind", "numeric"},
          {"source", feature.source},
          {"dtype", feature.type},
          {"role", "feature"},
          {"null_count", fit.null_count},
          {"min", fit.min},
          {"max", fit.max},
          {"impute_value", fit.impute_value},
          {"q1", fit.q1},
          {"q3", fit.q3},
          {"cap_low", fit.cap_low},
          {"cap_high", fit.cap_high},
          {"mean", fit.mean},
          {"scale", fit.scale},
          {"outputs", {feature.name}}};
}

Json category_metadata(const PlannedFeature& feature, const CategoryFit& fit) {
  Json categories = Json::array(), outputs = Json::array();
  for (size_t i = 0; i < fit.categories.size(); ++i) {
    categories.push_back({{"value", fit.categories[i]}, {"count", fit.counts[i]}});
    outputs.push_back(feature.name + "_" + fit.categories[i]);
  }
  return {{"name", feature.name},
          {"kind", "categorical"},
          {"source", feature.source},
          {"dtype", feature.type},
          {"role", "feature"},
          {"null_count", fit.null_count},
          {"rare_count", fit.rare_count},
          {"impute_value", fit.categories[fit.impute_index]},
          {"categories", categories},
          {"outputs", outputs}};
}

}  // namespace

Preparation make_preparation(const PrepareOptions& options, const FeaturePlan& plan, const Fitted& fitted,
                             const std::string& engine_version) {
  Preparation preparation;
  preparation.roles = options.roles;
  preparation.raw_columns = plan.needed_columns();
  preparation.features = options.features;
  for (FeatureDefinition& feature : preparation.features) feature.place.clear();
  preparation.feature_sql = feature_sql(plan, fitted);
  preparation.engine_version = engine_version;
  preparation.feature_set_hash = feature_set_hash(plan, options.features);
  for (size_t c = 0; c < plan.numeric().size(); ++c) {
    preparation.preprocessing.numeric.push_back(numeric_input(plan.numeric()[c], fitted.numeric[c]));
  }
  for (size_t c = 0; c < plan.categorical().size(); ++c) {
    preparation.preprocessing.categorical.push_back(
        {plan.categorical()[c].name, fitted.categorical[c].categories, fitted.categorical[c].impute_index});
  }
  check_output_names(preparation);
  return preparation;
}

Json feature_metadata(const FeaturePlan& plan, const Fitted& fitted, const RowCounts& rows) {
  Json features = Json::array(), means = Json::array();
  for (size_t c = 0; c < plan.numeric().size(); ++c) {
    features.push_back(numeric_metadata(plan.numeric()[c], fitted.numeric[c]));
  }
  for (size_t c = 0; c < plan.categorical().size(); ++c) {
    features.push_back(category_metadata(plan.categorical()[c], fitted.categorical[c]));
  }
  for (const GroupMeans& group : fitted.group_means) {
    Json groups = Json::object();
    for (const auto& [text, mean] : group.means) groups[text] = mean;
    means.push_back({{"feature", group.feature}, {"means", groups}});
  }
  return {{"rows", {{"train", rows.train}, {"test", rows.test}, {"null_target", rows.null_target}}},
          {"learned_on", "train"},
          {"features", features},
          {"group_means", means}};
}

RowCounts row_counts_from_metadata(const Json& metadata, const std::string& place) {
  try {
    const Json& rows = metadata.at("rows");
    return {rows.at("train").get<uint64_t>(), rows.at("test").get<uint64_t>(),
            rows.at("null_target").get<uint64_t>()};
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kCorrupted, fmt::format("{} is not feature metadata: {}", place, error.what()));
  }
}

}  // namespace tidemill::pipeline
