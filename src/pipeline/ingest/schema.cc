#include "pipeline/ingest/schema.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/ingest/column_types.h"

namespace tidemill::pipeline {
namespace {

std::vector<std::string> names_of(const std::vector<engine::Column>& columns) {
  std::vector<std::string> names;
  for (const engine::Column& column : columns) names.push_back(column.name);
  return names;
}

struct Line {
  const engine::Column* held;      // nullptr: new
  const engine::Column* arriving;  // nullptr: missing
};

std::string cell(const engine::Column* column, size_t name_width) {
  if (column == nullptr) return "-";
  return fmt::format("{:<{}}  {}", column->name, name_width, column->type);
}

}  // namespace

std::optional<HeldSchema> find_held_schema(const storage::ObjectStore& store, Date date) {
  const Date kLastDate = Date::from_days(2'932'896);  // 9999-12-31
  const std::vector<Date> days = raw_days(store, std::nullopt, kLastDate);
  const auto after = std::upper_bound(days.begin(), days.end(), date);
  const auto at = std::lower_bound(days.begin(), after, date);
  std::optional<Date> nearest;
  if (at != days.begin()) {
    nearest = *(at - 1);
  } else if (after != days.end()) {
    nearest = *after;
  }
  if (!nearest) return std::nullopt;
  const std::optional<Manifest> manifest = read_manifest(store, raw_prefix(*nearest));
  if (!manifest) return std::nullopt;
  return HeldSchema{nearest->to_string(), manifest->columns};
}

Error schema_changed(const HeldSchema& held, const std::string& arriving_place,
                     const std::vector<engine::Column>& arriving,
                     const std::function<std::string(const std::string& column)>& note) {
  std::vector<Line> lines;
  for (const engine::Column& column : held.columns)
    lines.push_back({&column, find_column(arriving, column.name)});
  std::vector<std::string> missing;
  for (const Line& line : lines) {
    if (line.arriving == nullptr) missing.push_back(line.held->name);
  }
  for (const engine::Column& column : arriving) {
    if (find_column(held.columns, column.name) == nullptr) lines.push_back({nullptr, &column});
  }
  size_t name_width = 0;
  for (const Line& line : lines) {
    name_width = std::max(name_width, (line.held != nullptr ? line.held : line.arriving)->name.size());
  }
  const size_t width = std::max(name_width + 2 + std::string("TIMESTAMP").size(), held.place.size()) + 2;
  std::string text = fmt::format("the columns of {} are not those of {}:\n  {:<{}}{}\n", arriving_place,
                                 held.place, held.place, width, arriving_place);
  for (const Line& line : lines) {
    std::string remark;
    if (line.arriving == nullptr) {
      remark = "missing";
    } else if (line.held == nullptr) {
      remark = "new" + did_you_mean(line.arriving->name, missing);
    } else {
      remark = note(line.held->name);
    }
    text += fmt::format("  {:<{}}{}", cell(line.held, name_width), width, cell(line.arriving, name_width));
    text += remark.empty() ? "\n" : fmt::format("   <- {}\n", remark);
  }
  text += fmt::format(
      "Nothing was published. Deliver {} with the columns of {}; to go on with other columns, begin "
      "a new project",
      arriving_place, held.place);
  return Error(ErrorCode::kSchemaChanged, text);
}

bool same_names(const std::vector<engine::Column>& a, const std::vector<engine::Column>& b) {
  std::vector<std::string> names_a = names_of(a), names_b = names_of(b);
  std::sort(names_a.begin(), names_a.end());
  std::sort(names_b.begin(), names_b.end());
  return names_a == names_b;
}

const engine::Column* find_column(const std::vector<engine::Column>& columns, const std::string& name) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const engine::Column& column) { return column.name == name; });
  return found == columns.end() ? nullptr : &*found;
}

void require_column(const std::vector<engine::Column>& columns, const std::string& name,
                    const std::string& who, const std::string& place) {
  if (find_column(columns, name) != nullptr) return;
  const std::vector<std::string> names = names_of(columns);
  throw Error(ErrorCode::kInvalidArgument, fmt::format("{} has no column '{}' ({}); its columns: {}{}", place,
                                                       name, who, join(names), did_you_mean(name, names)));
}

void require_roles(const TableRoles& roles, const std::vector<engine::Column>& columns,
                   const std::string& place) {
  require_column(columns, roles.key, "project.key", place);
  if (!roles.time.empty()) require_column(columns, roles.time, "project.time", place);
  require_column(columns, roles.target, "project.target", place);
}

void require_numeric_target(const TableRoles& roles, const std::vector<engine::Column>& columns,
                            const std::string& place) {
  const engine::Column* target = find_column(columns, roles.target);
  if (target == nullptr || is_numeric(target->type)) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{}: the target '{}' is of type {}; it must be a number (0 and 1 for no and yes)",
                          place, target->name, target->type));
}

}  // namespace tidemill::pipeline
