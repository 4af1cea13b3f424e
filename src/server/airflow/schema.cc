#include "server/airflow/schema.h"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "workflow/operations/read_input.h"

namespace tidemill::server::airflow {
namespace {

using Kind = Field::Kind;

Field make(std::string name, Kind kind) {
  Field field;
  field.name = std::move(name);
  field.kind = kind;
  return field;
}

// "'none', 'failed' or 'completed'"
std::string either(const std::vector<std::string>& names) {
  std::string text;
  for (size_t i = 0; i < names.size(); ++i) {
    if (i > 0) text += i + 1 == names.size() ? " or " : ", ";
    text += "'" + names[i] + "'";
  }
  return text;
}

Json with(Json loc, const Json& part) {
  loc.push_back(part);
  return loc;
}

Json checked_text(const Field& field, const Json& value, const Json& loc, Problems& problems) {
  if (!field.allowed.empty()) {
    for (const std::string& name : field.allowed) {
      if (value == name) return value;
    }
    const std::string expected = either(field.allowed);
    problems.add("enum", loc, "Input should be " + expected, value, {{"expected", expected}});
    return value;
  }
  if (!value.is_string()) {
    problems.add("string_type", loc, "Input should be a valid string", value);
  } else if (field.max_length && static_cast<int64_t>(count_characters(value.get_ref<const std::string&>())) >
                                     *field.max_length) {
    problems.add("string_too_long", loc,
                 fmt::format("String should have at most {} characters", *field.max_length), value,
                 {{"max_length", *field.max_length}});
  } else if (value.get_ref<const std::string&>().find('\0') != std::string::npos) {
    // PostgreSQL keeps none.
    problems.add("value_error", loc, "Value error, NUL is no character of a text", value,
                 {{"error", Json::object()}});
  }
  return value;
}

Json checked_integer(const Field& field, const Json& value, const Json& loc, Problems& problems) {
  if (value.is_number_float() && value.get<double>() != std::floor(value.get<double>())) {
    problems.add("int_from_float", loc,
                 "Input should be a valid integer, got a number with a fractional part", value);
    return value;
  }
  if (!value.is_number() || std::abs(value.get<double>()) > 9e15) {
    problems.add("int_type", loc, "Input should be a valid integer", value);
    return value;
  }
  const auto whole = static_cast<int64_t>(value.get<double>());
  if (field.minimum && whole < *field.minimum) {
    problems.add("greater_than_equal", loc,
                 fmt::format("Input should be greater than or equal to {}", *field.minimum), value,
                 {{"ge", *field.minimum}});
  }
  return whole;
}

Json checked_instant(const Json& value, const Json& loc, Problems& problems) {
  if (!value.is_string()) {
    problems.add("datetime_type", loc, "Input should be a valid datetime", value);
    return value;
  }
  const auto ms = workflow::find_instant(value.get_ref<const std::string&>());
  if (ms) return *ms;
  problems.add("datetime_from_date_parsing", loc, "Input should be a valid datetime or date", value,
               {{"error", "such as 2026-11-23T06:00:00Z is meant"}});
  return value;
}

Json checked_one(const Field& field, const Json& value, const Json& loc, Problems& problems) {
  switch (field.kind) {
    case Kind::kText:
      return checked_text(field, value, loc, problems);
    case Kind::kInteger:
      return checked_integer(field, value, loc, problems);
    case Kind::kInstant:
      return checked_instant(value, loc, problems);
    case Kind::kNumber:
      if (!value.is_number()) problems.add("float_type", loc, "Input should be a valid number", value);
      return value;
    case Kind::kBoolean:
      if (!value.is_boolean()) problems.add("bool_type", loc, "Input should be a valid boolean", value);
      return value;
    case Kind::kObject:
      if (!value.is_object()) problems.add("dict_type", loc, "Input should be a valid dictionary", value);
      return value;
    case Kind::kDocument:
      return checked(schema_named(field.schema), value, loc, problems);
    case Kind::kAny:
      break;
  }
  return value;
}

Json checked_field(const Field& field, const Json& value, const Json& loc, Problems& problems) {
  if (value.is_null() && field.is_nullable) return value;
  if (!field.is_list) return checked_one(field, value, loc, problems);
  if (!value.is_array()) {
    problems.add("list_type", loc, "Input should be a valid list", value);
    return value;
  }
  Json items = Json::array();
  for (size_t i = 0; i < value.size(); ++i) {
    items.push_back(checked_one(field, value[i], with(loc, i), problems));
  }
  return items;
}

Json openapi_type(const Field& field) {
  switch (field.kind) {
    case Kind::kText: {
      Json type = {{"type", "string"}};
      if (!field.allowed.empty()) type["enum"] = field.allowed;
      if (field.max_length) type["maxLength"] = *field.max_length;
      return type;
    }
    case Kind::kInteger: {
      Json type = {{"type", "integer"}};
      if (field.minimum) type["minimum"] = *field.minimum;
      return type;
    }
    case Kind::kNumber:
      return {{"type", "number"}};
    case Kind::kBoolean:
      return {{"type", "boolean"}};
    case Kind::kInstant:
      return {{"type", "string"}, {"format", "date-time"}};
    case Kind::kObject:
      return {{"type", "object"}, {"additionalProperties", true}};
    case Kind::kDocument:
      return {{"$ref", "#/components/schemas/" + field.schema}};
    case Kind::kAny:
      break;
  }
  return Json::object();
}

}  // namespace

Field Field::list() && {
  is_list = true;
  return std::move(*this);
}

Field Field::nullable() && {
  is_nullable = true;
  return std::move(*this);
}

Field Field::optional(Json value) && {
  is_required = false;
  is_nullable = is_nullable || value.is_null();
  fallback = std::move(value);
  return std::move(*this);
}

Field Field::one_of(std::vector<std::string> names) && {
  allowed = std::move(names);
  return std::move(*this);
}

Field Field::at_least(int64_t smallest) && {
  minimum = smallest;
  return std::move(*this);
}

Field Field::at_most(int64_t characters) && {
  max_length = characters;
  return std::move(*this);
}

Field Field::about(std::string what) && {
  description = std::move(what);
  return std::move(*this);
}

Field text(std::string name) {
  return make(std::move(name), Kind::kText);
}
Field integer(std::string name) {
  return make(std::move(name), Kind::kInteger);
}
Field number(std::string name) {
  return make(std::move(name), Kind::kNumber);
}
Field boolean(std::string name) {
  return make(std::move(name), Kind::kBoolean);
}
Field instant(std::string name) {
  return make(std::move(name), Kind::kInstant);
}
Field object(std::string name) {
  return make(std::move(name), Kind::kObject);
}
Field any(std::string name) {
  return make(std::move(name), Kind::kAny);
}
Field document(std::string name, std::string schema) {
  Field field = make(std::move(name), Kind::kDocument);
  field.schema = std::move(schema);
  return field;
}

const Schema& schema_named(std::string_view name) {
  static const std::vector<Schema> kAll = [] {
    std::vector<Schema> all = body_schemas();
    for (Schema& schema : answer_schemas()) all.push_back(std::move(schema));
    return all;
  }();
  for (const Schema& schema : kAll) {
    if (schema.name == name) return schema;
  }
  throw Error(ErrorCode::kInternal, fmt::format("there is no schema {}", name));
}

void Problems::add(std::string_view type, const Json& loc, std::string_view msg, const Json& input,
                   const Json& ctx) {
  Json problem = {{"type", type}, {"loc", loc}, {"msg", msg}, {"input", input}};
  if (!ctx.is_null()) problem["ctx"] = ctx;
  list_.push_back(std::move(problem));
}

Json checked(const Schema& schema, const Json& value, const Json& loc, Problems& problems) {
  if (!value.is_object()) {
    problems.add("model_attributes_type", loc,
                 "Input should be a valid dictionary or object to extract fields from", value);
    return value;
  }
  Json filled = Json::object();
  for (const Field& field : schema.fields) {
    const auto found = value.find(field.name);
    if (found != value.end()) {
      filled[field.name] = checked_field(field, *found, with(loc, field.name), problems);
    } else if (field.is_required) {
      problems.add("missing", with(loc, field.name), "Field required", value);
    } else {
      filled[field.name] = field.fallback;
    }
  }
  if (!schema.is_strict) return filled;
  for (const auto& [name, sent] : value.items()) {
    if (filled.contains(name)) continue;
    problems.add("extra_forbidden", with(loc, name), "Extra inputs are not permitted", sent);
  }
  return filled;
}

Json from_text(const Field& field, std::string_view value, const Json& loc, Problems& problems) {
  const std::string sent(value);
  const char* end = value.data() + value.size();
  if (field.kind == Kind::kInteger) {
    int64_t whole = 0;
    const auto [stop, failure] = std::from_chars(value.data(), end, whole);
    if (failure == std::errc() && stop == end) {
      checked_integer(field, whole, loc, problems);
      return whole;
    }
    problems.add("int_parsing", loc, "Input should be a valid integer, unable to parse string as an integer",
                 sent);
  } else if (field.kind == Kind::kNumber) {
    double real = 0;
    const auto [stop, failure] = std::from_chars(value.data(), end, real);
    if (failure == std::errc() && stop == end && std::isfinite(real)) return real;
    problems.add("float_parsing", loc, "Input should be a valid number, unable to parse string as a number",
                 sent);
  } else if (field.kind == Kind::kBoolean) {
    for (const char* yes : {"true", "True", "1", "yes", "on"}) {
      if (value == yes) return true;
    }
    for (const char* no : {"false", "False", "0", "no", "off"}) {
      if (value == no) return false;
    }
    problems.add("bool_parsing", loc, "Input should be a valid boolean, unable to interpret input", sent);
  } else {
    return checked_one(field, sent, loc, problems);
  }
  return nullptr;
}

Json openapi_schema(const Field& field) {
  Json type = openapi_type(field);
  if (field.is_list) type = {{"type", "array"}, {"items", std::move(type)}};
  if (field.is_nullable && !type.empty()) type = {{"anyOf", {std::move(type), {{"type", "null"}}}}};
  if (!field.is_required && !field.fallback.is_null()) type["default"] = field.fallback;
  if (!field.description.empty()) type["description"] = field.description;
  return type;
}

Json openapi_schema(const Schema& schema) {
  Json properties = Json::object(), required = Json::array();
  for (const Field& field : schema.fields) {
    properties[field.name] = openapi_schema(field);
    if (field.is_required) required.push_back(field.name);
  }
  Json described = {{"title", schema.name}, {"type", "object"}, {"properties", std::move(properties)}};
  if (!required.empty()) described["required"] = std::move(required);
  if (schema.is_strict) described["additionalProperties"] = false;
  return described;
}

}  // namespace tidemill::server::airflow
