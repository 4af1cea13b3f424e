#include "app/project_file/value.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/json.h"
#include "base/text.h"

namespace tidemill::app {
namespace {

constexpr size_t kShownTextSize = 60;

std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string number_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  const std::string text = format_double(value);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

bool is_bare_key(std::string_view key) {
  return !key.empty() && std::all_of(key.begin(), key.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

// Cut between characters, never inside a UTF-8 sequence.
std::string shortened(std::string_view text) {
  if (text.size() <= kShownTextSize) return std::string(text);
  size_t end = kShownTextSize;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace

std::string Place::text() const {
  if (!variable.empty()) return "environment variable " + variable;
  return line > 0 ? fmt::format("{}:{}", kProjectFileName, line) : "default";
}

Value Value::of_text(std::string text) {
  Value value;
  value.text = std::move(text);
  return value;
}

Value Value::of_kind(Kind kind) {
  Value value;
  value.kind = kind;
  return value;
}

std::vector<std::string> Value::as_texts() const {
  std::vector<std::string> texts;
  for (const Value& item : items) texts.push_back(item.text);
  return texts;
}

const Member* Value::find(std::string_view key) const {
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const Member& member) { return member.key == key; });
  return found == members.end() ? nullptr : &*found;
}

void Value::set(std::string_view key, Value value) {
  const Place place_of_key = value.place;
  const auto found =
      std::find_if(members.begin(), members.end(), [&](const Member& member) { return member.key == key; });
  if (found == members.end()) {
    members.push_back({std::string(key), place_of_key, std::move(value)});
  } else {
    found->place = place_of_key;
    found->value = std::move(value);
  }
}

std::string to_toml(const Value& value) {
  std::vector<std::string> parts;
  switch (value.kind) {
    case Value::Kind::kText:
      return toml_string(value.text);
    case Value::Kind::kInteger:
      return std::to_string(value.integer);
    case Value::Kind::kNumber:
      return number_text(value.number);
    case Value::Kind::kBoolean:
      return value.boolean ? "true" : "false";
    case Value::Kind::kDate:
    case Value::Kind::kTime:
      return value.text;
    case Value::Kind::kList:
      for (const Value& item : value.items) parts.push_back(to_toml(item));
      return "[" + join(parts) + "]";
    case Value::Kind::kTable:
      for (const Member& member : value.members) {
        parts.push_back((is_bare_key(member.key) ? member.key : toml_string(member.key)) + " = " +
                        to_toml(member.value));
      }
      return parts.empty() ? "{}" : "{ " + join(parts) + " }";
  }
  return "";
}

Json to_json(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kInteger:
      return value.integer;
    case Value::Kind::kNumber:
      return value.number;
    case Value::Kind::kBoolean:
      return value.boolean;
    case Value::Kind::kList: {
      Json list = Json::array();
      for (const Value& item : value.items) list.push_back(to_json(item));
      return list;
    }
    case Value::Kind::kTable: {
      Json table = Json::object();
      for (const Member& member : value.members) table[member.key] = to_json(member.value);
      return table;
    }
    default:
      return value.text;
  }
}

std::string describe(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kText:
      return "the string " + toml_string(shortened(without_password(value.text)));
    case Value::Kind::kDate:
      return "the date " + value.text;
    case Value::Kind::kTime:
      return "the time " + value.text;
    case Value::Kind::kList:
      return value.items.empty() ? "an empty list" : "a list";
    case Value::Kind::kTable:
      return "a table";
    default:
      return to_toml(value);
  }
}

}  // namespace tidemill::app
