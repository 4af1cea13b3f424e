#include "pipeline/train/parameters_json.h"

#include "base/error.h"
#include "base/json.h"

namespace tidemill::pipeline {

Json parameters_to_json(const models::Parameters& parameters) {
  Json json = Json::object();
  for (const auto& [name, value] : parameters) {
    if (const auto* flag = std::get_if<bool>(&value)) {
      json[name] = *flag;
    } else if (const auto* integer = std::get_if<int64_t>(&value)) {
      json[name] = *integer;
    } else if (const auto* number = std::get_if<double>(&value)) {
      json[name] = *number;
    } else if (const auto* text = std::get_if<std::string>(&value)) {
      json[name] = *text;
    } else {
      json[name] = nullptr;
    }
  }
  return json;
}

models::Parameters parameters_from_json(const Json& json, const std::string& place) {
  models::Parameters parameters;
  for (const auto& [name, value] : json.items()) {
    if (value.is_null()) {
      parameters[name] = std::monostate();
    } else if (value.is_boolean()) {
      parameters[name] = value.get<bool>();
    } else if (value.is_number_integer()) {
      parameters[name] = value.get<int64_t>();
    } else if (value.is_number()) {
      parameters[name] = value.get<double>();
    } else if (value.is_string()) {
      parameters[name] = value.get<std::string>();
    } else {
      throw Error(ErrorCode::kCorrupted, place + ": '" + name + "' is no hyperparameter: " + value.dump());
    }
  }
  return parameters;
}

}  // namespace tidemill::pipeline
