#include "app/project_file/toml_text.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

// Compiled in here only: the header costs seconds, and a library beside the program is one more thing to
// carry.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "base/error.h"

namespace tidemill::app {
namespace {

Value convert(const toml::node& node);

Value convert_table(const toml::table& table) {
  Value value = Value::of_table();
  std::vector<std::pair<toml::source_position, Member>> members;
  for (const auto& [key, node] : table) {
    const toml::source_position at = key.source().begin;
    members.push_back({at, {std::string(key.str()), {static_cast<int>(at.line), ""}, convert(node)}});
  }
  // The library sorts by name; the order of the file matters to features and grids.
  std::stable_sort(members.begin(), members.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (auto& [at, member] : members) value.members.push_back(std::move(member));
  return value;
}

Value convert_list(const toml::array& array) {
  Value value = Value::of_kind(Value::Kind::kList);
  for (const toml::node& item : array) value.items.push_back(convert(item));
  return value;
}

std::string printed(const toml::node& node) {
  std::ostringstream out;
  node.visit([&](const auto& typed) { out << typed; });
  return out.str();
}

Value convert_scalar(const toml::node& node) {
  Value value;
  switch (node.type()) {
    case toml::node_type::string:
      value.text = node.as_string()->get();
      break;
    case toml::node_type::integer:
      value.kind = Value::Kind::kInteger;
      value.integer = node.as_integer()->get();
      break;
    case toml::node_type::floating_point:
      value.kind = Value::Kind::kNumber;
      value.number = node.as_floating_point()->get();
      break;
    case toml::node_type::boolean:
      value.kind = Value::Kind::kBoolean;
      value.boolean = node.as_boolean()->get();
      break;
    case toml::node_type::date:
      value.kind = Value::Kind::kDate;
      value.text = printed(node);
      break;
    default:
      value.kind = Value::Kind::kTime;
      value.text = printed(node);
  }
  return value;
}

Value convert(const toml::node& node) {
  Value value = node.is_table()   ? convert_table(*node.as_table())
                : node.is_array() ? convert_list(*node.as_array())
                                  : convert_scalar(node);
  value.place.line = static_cast<int>(node.source().begin.line);
  return value;
}

}  // namespace

Value parse_toml(std::string_view text) {
  const toml::parse_result parsed = toml::parse(text);
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{}:{}: not valid TOML: {}", kProjectFileName,
                                                         error.source().begin.line, error.description()));
  }
  return convert_table(parsed.table());
}

std::optional<Value> parse_toml_value(std::string_view text) {
  if (text.find('\n') != std::string_view::npos) return std::nullopt;
  const toml::parse_result parsed = toml::parse(fmt::format("value = {}", text));
  if (!parsed || parsed.table().size() != 1) return std::nullopt;
  return convert(*parsed.table().get("value"));
}

}  // namespace tidemill::app
