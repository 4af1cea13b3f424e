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

// "3", " +3 ", "3.0".
std::optional<int64_t> whole_number_of(std::string_view text) {
  const size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return std::nullopt;
  text = text.substr(first, text.find_last_not_of(' ') - first + 1);
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  if (const size_t point = text.find('.'); point != std::string_view::npos && point + 1 < text.size()) {
    if (text.find_first_not_of('0', point + 1) != std::string_view::npos) return std::nullopt;
    text = text.substr(0, point);
  }
  int64_t whole = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, whole);
  return failure == std::errc() && stop == end ? std::optional(whole) : std::nullopt;
}

Json checked_integer(const Field& field, const Json& value, const Json& loc, Problems& problems) {
  int64_t whole = 0;
  if (value.is_string()) {
    const auto number = whole_number_of(value.get_ref<const std::string&>());
    if (!number) {
      problems.add("int_parsing", loc,
                   "Input should be a valid integer, unable to parse string as an integer", value);
      return value;
    }
    whole = *number;
  } else if (value.is_boolean()) {
    whole = value.get<bool>() ? 1 : 0;
  } else if (!value.is_number() || std::abs(value.get<double>()) > 9e15) {
    problems.add("int_type", loc, "Input should be a valid integer", value);
    return value;
  } else if (value.get<double>() != std::floor(value.get<double>())) {
    problems.add("int_from_float", loc,
                 "Input should be a valid integer, got a number with a fractional part", value);
    return value;
  } else {
    whole = static_cast<int64_t>(value.get<double>());
  }
  if (field.minimum && whole < *field.minimum) {
    problems.add("greater_than_equal", loc,
                 fmt::format("Input should be greater than or equal to {}", *field.minimum), value,
                 {{"ge", *field.minimum}});
  }
  return whole;
}

Json checked_number(const Json& value, const Json& loc, Problems& problems) {
  if (value.is_number()) return value;
  if (value.is_boolean()) return value.get<bool>() ? 1.0 : 0.0;
  if (!value.is_string()) {
    problems.add("float_type", loc, "Input should be a valid number", value);
    return value;
  }
  const auto& text = value.get_ref<const std::string&>();
  double real = 0;
  const char* end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, real);
  if (failure == std::errc() && stop == end && std::isfinite(real)) return real;
  problems.add("float_parsing", loc, "Input should be a valid number, unable to parse string as a number",
               value);
  return value;
}

Json checked_boolean(const Json& value, const Json& loc, Problems& problems) {
  if (value.is_boolean()) return value;
  if (value == 0 || value == 1) return value == 1;
  if (!value.is_string() && !value.is_number_integer()) {
    problems.add("bool_type", loc, "Input should be a valid boolean", value);
    return value;
  }
  std::string word = value.is_string() ? value.get<std::string>() : "";
  for (char& c : word) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  for (const char* yes : {"true", "t", "yes", "y", "on", "1"}) {
    if (word == yes) return true;
  }
  for (const char* no : {"false", "f", "no", "n", "off", "0"}) {
    if (word == no) return false;
  }
  problems.add("bool_parsing", loc, "Input should be a valid boolean, unable to interpret input", value);
  return value;
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

Json checked_kind(const Field& field, const Json& value, const Json& loc, Problems& problems) {
  switch (field.kind) {
    case Kind::kText:
      return checked_text(field, value, loc, problems);
    case Kind::kInteger:
      return checked_integer(field, value, loc, problems);
    case Kind::kInstant:
      return checked_instant(value, loc, problems);
    case Kind::kNumber:
      return checked_number(value, loc, problems);
    case Kind::kBoolean:
      return checked_boolean(value, loc, problems);
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

Json checked_one(const Field& field, const Json& value, const Json& loc, Problems& problems) {
  Json read = checked_kind(field, value, loc, problems);
  if (field.only_value && read.type() == field.only_value->type() && read != *field.only_value) {
    const std::string expected = field.only_value->dump();
    problems.add("literal_error", loc, "Input should be " + expected, value, {{"expected", expected}});
  }
  return read;
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

Field Field::only(Json value) && {
  only_value = std::move(value);
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
  return checked_one(field, std::string(value), loc, problems);
}

Json openapi_schema(const Field& field) {
  Json type = openapi_type(field);
  if (field.only_value) type["const"] = *field.only_value;
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
