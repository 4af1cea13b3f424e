#include "pipeline/preparation.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"

namespace tidemill::pipeline {
namespace {

constexpr int kPreparationFormat = 1;
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// JSON has no infinity: a column without caps has null.
Json cap_to_json(double cap) {
  return std::isfinite(cap) ? Json(cap) : Json();
}
double cap_from_json(const Json& json, double without) {
  return json.is_null() ? without : json.get<double>();
}

Json to_json(const FeatureDefinition& feature) {
  if (!feature.expression.empty()) return {{"name", feature.name}, {"expression", feature.expression}};
  return {{"name", feature.name}, {"value", feature.value}, {"group", feature.group}};
}

Json to_json(const models::Preprocessing& preprocessing) {
  Json numeric = Json::array(), categorical = Json::array();
  for (const models::NumericInput& input : preprocessing.numeric) {
    numeric.push_back({{"name", input.name},
                       {"impute_value", input.impute_value},
                       {"cap_low", cap_to_json(input.cap_low)},
                       {"cap_high", cap_to_json(input.cap_high)},
                       {"mean", input.mean},
                       {"scale", input.scale}});
  }
  for (const models::CategoricalInput& input : preprocessing.categorical) {
    categorical.push_back(
        {{"name", input.name}, {"categories", input.categories}, {"impute_index", input.impute_index}});
  }
  return {{"numeric", std::move(numeric)}, {"categorical", std::move(categorical)}};
}

models::Preprocessing preprocessing_from_json(const Json& json) {
  models::Preprocessing preprocessing;
  for (const Json& input : json.at("numeric")) {
    preprocessing.numeric.push_back(
        {input.at("name").get<std::string>(), input.at("impute_value").get<double>(),
         cap_from_json(input.at("cap_low"), -kInfinity), cap_from_json(input.at("cap_high"), kInfinity),
         input.at("mean").get<double>(), input.at("scale").get<double>()});
  }
  for (const Json& input : json.at("categorical")) {
    preprocessing.categorical.push_back({input.at("name").get<std::string>(),
                                         input.at("categories").get<std::vector<std::string>>(),
                                         input.at("impute_index").get<size_t>()});
  }
  return preprocessing;
}

}  // namespace

Json to_json(const Preparation& preparation) {
  Json columns = Json::array(), features = Json::array();
  for (const engine::Column& column : preparation.raw_columns) {
    columns.push_back({{"name", column.name}, {"type", column.type}});
  }
  for (const FeatureDefinition& feature : preparation.features) features.push_back(to_json(feature));
  const TableRoles& roles = preparation.roles;
  return {{"format", kPreparationFormat},
          {"engine", "duckdb"},
          {"engine_version", preparation.engine_version},
          {"roles", {{"key", roles.key}, {"time", roles.time}, {"target", roles.target}}},
          {"raw_columns", std::move(columns)},
          {"features", std::move(features)},
          {"feature_set_hash", preparation.feature_set_hash},
          {"feature_sql", preparation.feature_sql},
          {"input_names", preparation.preprocessing.input_names()},
          {"output_names", preparation.preprocessing.output_names()},
          {"preprocessing", to_json(preparation.preprocessing)}};
}

Preparation preparation_from_json(const Json& json, const std::string& place) {
  try {
    if (json.at("format").get<int>() != kPreparationFormat) {
      throw Error(
          ErrorCode::kCorrupted,
          fmt::format(
              "{} has preparation format {}, this program reads format {}: use the version of tidemill "
              "that wrote it",
              place, json.at("format").dump(), kPreparationFormat));
    }
    Preparation preparation;
    const Json& roles = json.at("roles");
    preparation.roles = {roles.at("key").get<std::string>(), roles.at("time").get<std::string>(),
                         roles.at("target").get<std::string>()};
    for (const Json& column : json.at("raw_columns")) {
      preparation.raw_columns.push_back(
          {column.at("name").get<std::string>(), column.at("type").get<std::string>()});
    }
    for (const Json& feature : json.at("features")) {
      preparation.features.push_back({feature.at("name").get<std::string>(), feature.value("expression", ""),
                                      feature.value("value", ""), feature.value("group", ""), ""});
    }
    preparation.feature_sql = json.at("feature_sql").get<std::string>();
    preparation.engine_version = json.at("engine_version").get<std::string>();
    preparation.feature_set_hash = json.at("feature_set_hash").get<std::string>();
    preparation.preprocessing = preprocessing_from_json(json.at("preprocessing"));
    return preparation;
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kCorrupted, fmt::format("{} is not a preparation: {}", place, error.what()));
  }
}

}  // namespace tidemill::pipeline
