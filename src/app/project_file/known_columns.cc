// Names of columns against the columns there will be. Known before any data only for the synthetic source;
// files show theirs when the first day arrives.

#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "app/project_file/blocks.h"
#include "base/text.h"
#include "pipeline/ingest/synthetic.h"

namespace tidemill::app {
namespace {

using Names = std::vector<std::string>;

bool has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void expect_known(const Names& names, const std::string& name, const std::string& what, const Place& place,
                  Problems& problems) {
  if (name.empty() || has(names, name)) return;
  std::string hint = did_you_mean(name, names);
  if (hint.empty()) hint = "; there are " + join(names);
  problems.add(place, fmt::format("{}: there is no column '{}'{}", what, name, hint));
}

const Value& section_of(const Value& root, const char* name) {
  static const Value kNothing = Value::of_table();
  const Member* member = root.find(name);
  return member != nullptr ? member->value : kNothing;
}

void check_list(const Value& section, const char* key, const Names& names, Problems& problems) {
  const Member* member = section.find(key);
  if (member == nullptr) return;
  for (const Value& item : member->value.items) {
    if (item.is_text()) expect_known(names, item.text, fmt::format("prepare.{}", key), item.place, problems);
  }
}

}  // namespace

void check_columns(const Value& root, const Project& project, Problems& problems) {
  if (!std::holds_alternative<pipeline::SyntheticSource>(project.ingest.source)) return;
  Names raw;
  for (const engine::Column& column : pipeline::SyntheticCustomers::columns()) raw.push_back(column.name);

  const Value& roles = section_of(root, "project");
  for (const char* key : {"key", "time", "target"}) {
    const Member* role = roles.find(key);
    if (role == nullptr || !role->value.is_text()) continue;
    expect_known(raw, role->value.text, fmt::format("project.{}", key), role->value.place, problems);
  }
  for (const Value& block : section_of(root, "quality").items) {
    const Member* column = block.find("column");
    if (column == nullptr || !column->value.is_text() || column->value.text == "*") continue;
    expect_known(raw, column->value.text, "quality.column", column->value.place, problems);
  }
  Names known = raw;
  for (const Member& feature : section_of(root, "features").members) {
    if (has(raw, feature.key)) {
      problems.add(
          feature.place,
          fmt::format("feature '{}' has the name of a raw column: choose another name", feature.key));
    }
    for (const char* key : {"value", "group"}) {
      const Member* part = feature.value.find(key);
      if (part == nullptr || !part->value.is_text()) continue;
      // A name from below has been told as such.
      if (section_of(root, "features").find(part->value.text) != nullptr && !has(known, part->value.text))
        continue;
      expect_known(key == std::string("value") ? known : raw, part->value.text,
                   fmt::format("features.{}.{}", feature.key, key), part->value.place, problems);
    }
    known.push_back(feature.key);
  }
  check_list(section_of(root, "prepare"), "drop", raw, problems);
  check_list(section_of(root, "prepare"), "uncapped", known, problems);
}

}  // namespace tidemill::app
