#include "pipeline/ingest/row_checks.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/duplicates.h"

namespace tidemill::pipeline {
namespace {

// One number to ask the rows for, and what is wrong when it is not zero.
struct Check {
  std::string sql;
  std::string fault;  // {} is the number
};

std::vector<Check> checks_for(const std::vector<engine::Column>& columns, const TableRoles& roles) {
  std::vector<Check> checks;
  const auto no_nulls = [&](const std::string& column, const char* role) {
    checks.push_back({fmt::format("count(*) - count({})", quote_identifier(column)),
                      fmt::format("{{}} rows have no value in '{}', the {}", column, role)});
  };
  no_nulls(roles.key, "key");
  if (!roles.time.empty()) no_nulls(roles.time, "time");
  checks.push_back(
      {fmt::format("CASE WHEN count({}) = 0 THEN count(*) ELSE 0 END", quote_identifier(roles.target)),
       fmt::format("none of the {{}} rows has a value in '{}', the target", roles.target)});
  for (const engine::Column& column : columns) {
    const std::string name = quote_identifier(column.name);
    if (column.type == "DOUBLE") {
      checks.push_back(
          {fmt::format("count(*) FILTER (NOT isfinite({}))", name),
           fmt::format("{{}} rows have NaN or an infinite number in '{}': leave a cell empty when there "
                       "is no value",
                       column.name)});
    } else if (column.type == "VARCHAR") {
      checks.push_back({fmt::format("count(*) FILTER (length({}) > {})", name, kMaxTextCharacters),
                        fmt::format("{{}} rows have a text of more than {} characters in '{}'",
                                    kMaxTextCharacters, column.name)});
    }
  }
  return checks;
}

}  // namespace

uint64_t check_rows(const std::filesystem::path& path, const std::vector<engine::Column>& columns,
                    const TableRoles& roles, const std::string& place, engine::Session& session) {
  const std::string from_sql = fmt::format(
      "read_parquet({}, file_row_number = true, hive_partitioning = false)", quote_literal(path.string()));
  const std::vector<Check> checks = checks_for(columns, roles);
  std::vector<std::string> parts = {"count(*)"};
  for (const Check& check : checks) parts.push_back(check.sql);
  const auto refuse = [&](const std::string& fault) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("{}: {}", place, fault));
  };

  uint64_t row_count = 0;
  {
    const auto rows = session.query(fmt::format("SELECT {} FROM {}", join(parts), from_sql));
    const engine::Batch* batch = rows->next();
    int64_t value = 0;
    batch->copy_int64s(0, &value, 0);
    row_count = static_cast<uint64_t>(value);
    if (row_count == 0) refuse("there are no rows");
    for (size_t i = 0; i < checks.size(); ++i) {
      batch->copy_int64s(i + 1, &value, 0);
      if (value != 0) refuse(fmt::format(fmt::runtime(checks[i].fault), value));
    }
  }
  constexpr size_t kNamed = 5;
  const Duplicates duplicates = find_duplicates(session, from_sql, roles.key, kNamed);
  if (duplicates.row_count > 0) {
    refuse(fmt::format("{} rows share their key '{}' with another row of the day: {}{}", duplicates.row_count,
                       roles.key, join(duplicates.examples),
                       duplicates.examples.size() == kNamed ? ", ..." : ""));
  }
  return row_count;
}

}  // namespace tidemill::pipeline
