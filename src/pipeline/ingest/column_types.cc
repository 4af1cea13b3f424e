#include "pipeline/ingest/column_types.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::pipeline {
namespace {

// In the order of inference: the first type that every text of a column fits is the column's.
struct TypeRow {
  std::string_view name;
  // SQL over a text column {0}: its value, NULL where it does not fit.
  std::string_view from_text;
};

// DuckDB's casts take 1_000 for 1000, round 12.5 to 13 as an integer, and drop leading zeros. ':' follows
// '9'.
#define TIDEMILL_PLAIN_NUMBER \
  "NOT contains({0}, '_') AND NOT ({0} >= '00' AND {0} < '0:') AND NOT ({0} >= '-00' AND {0} < '-0:')"

constexpr std::array kTypes = {
    TypeRow{"BIGINT", "CASE WHEN " TIDEMILL_PLAIN_NUMBER
                      " AND TRY_CAST({0} AS DOUBLE) = CAST(TRY_CAST({0} AS BIGINT) AS DOUBLE) "
                      "THEN TRY_CAST({0} AS BIGINT) END"},
    TypeRow{"DOUBLE", "CASE WHEN " TIDEMILL_PLAIN_NUMBER " THEN TRY_CAST({0} AS DOUBLE) END"},
    TypeRow{"BOOLEAN", "CASE lower({0}) WHEN 'true' THEN true WHEN 'false' THEN false END"},
    TypeRow{"DATE", "CASE WHEN {0} LIKE '____-__-__' THEN TRY_CAST({0} AS DATE) END"},
    TypeRow{"TIMESTAMP",
            "CASE WHEN {0} LIKE '____-__-__%' THEN timezone('UTC', TRY_CAST({0} AS TIMESTAMPTZ)) END"},
    TypeRow{"VARCHAR", "{0}"},
};
#undef TIDEMILL_PLAIN_NUMBER

enum class Family { kInteger, kReal, kBoolean, kDate, kTime, kZonedTime, kText, kOther };

struct FamilyRow {
  std::string_view engine_type;  // or, with a '(' at the end, how it begins
  Family family;
};

constexpr std::array kFamilies = {
    FamilyRow{"BIGINT", Family::kInteger},    FamilyRow{"INTEGER", Family::kInteger},
    FamilyRow{"SMALLINT", Family::kInteger},  FamilyRow{"TINYINT", Family::kInteger},
    FamilyRow{"UBIGINT", Family::kInteger},   FamilyRow{"UINTEGER", Family::kInteger},
    FamilyRow{"USMALLINT", Family::kInteger}, FamilyRow{"UTINYINT", Family::kInteger},
    FamilyRow{"HUGEINT", Family::kInteger},   FamilyRow{"UHUGEINT", Family::kInteger},
    FamilyRow{"DOUBLE", Family::kReal},       FamilyRow{"FLOAT", Family::kReal},
    FamilyRow{"DECIMAL(", Family::kReal},     FamilyRow{"BOOLEAN", Family::kBoolean},
    FamilyRow{"DATE", Family::kDate},         FamilyRow{"TIMESTAMP", Family::kTime},
    FamilyRow{"TIMESTAMP_S", Family::kTime},  FamilyRow{"TIMESTAMP_MS", Family::kTime},
    FamilyRow{"TIMESTAMP_NS", Family::kTime}, FamilyRow{"TIMESTAMP WITH TIME ZONE", Family::kZonedTime},
    FamilyRow{"VARCHAR", Family::kText},      FamilyRow{"UUID", Family::kText},
    FamilyRow{"ENUM(", Family::kText},
};

Family family_of(std::string_view engine_type) {
  for (const FamilyRow& row : kFamilies) {
    const bool is_prefix = row.engine_type.ends_with('(');
    // DECIMAL(4,2)[] is a list.
    if (is_prefix ? engine_type.starts_with(row.engine_type) && engine_type.ends_with(')')
                  : engine_type == row.engine_type) {
      return row.family;
    }
  }
  return Family::kOther;
}

std::string sql_of_family(std::string_view raw_type, Family family) {
  constexpr std::string_view kCast = "TRY_CAST({0} AS {1})";
  if (raw_type == "BIGINT") {
    if (family == Family::kInteger) return std::string(kCast);
    if (family == Family::kReal) return "CASE WHEN {0} = trunc({0}) THEN TRY_CAST({0} AS BIGINT) END";
  } else if (raw_type == "DOUBLE") {
    if (family == Family::kReal) return std::string(kCast);
    // Beyond 2^53 not every integer is a double.
    if (family == Family::kInteger) {
      return "CASE WHEN {0} BETWEEN -9007199254740992 AND 9007199254740992 THEN CAST({0} AS DOUBLE) END";
    }
  } else if (raw_type == "BOOLEAN") {
    if (family == Family::kBoolean) return "{0}";
  } else if (raw_type == "DATE") {
    if (family == Family::kDate) return "{0}";
  } else if (raw_type == "TIMESTAMP") {
    if (family == Family::kZonedTime) return "timezone('UTC', {0})";
    if (family == Family::kTime || family == Family::kDate) return std::string(kCast);
  } else if (raw_type == "VARCHAR") {
    if (family == Family::kText) return std::string(kCast);
  }
  return "CAST(NULL AS {1})";
}

}  // namespace

const std::vector<std::string>& raw_column_types() {
  static const std::vector<std::string> kNames = [] {
    std::vector<std::string> names;
    for (const TypeRow& row : kTypes) names.emplace_back(row.name);
    return names;
  }();
  return kNames;
}

bool is_numeric(std::string_view raw_type) {
  return raw_type == "BIGINT" || raw_type == "DOUBLE" || raw_type == "BOOLEAN";
}

std::optional<std::string> raw_type_of(std::string_view engine_type) {
  switch (family_of(engine_type)) {
    case Family::kInteger:
      return "BIGINT";
    case Family::kReal:
      return "DOUBLE";
    case Family::kBoolean:
      return "BOOLEAN";
    case Family::kDate:
      return "DATE";
    case Family::kTime:
    case Family::kZonedTime:
      return "TIMESTAMP";
    case Family::kText:
      return "VARCHAR";
    case Family::kOther:
      break;
  }
  return std::nullopt;
}

std::string text_as(std::string_view raw_type, const std::string& column) {
  for (const TypeRow& row : kTypes) {
    if (row.name == raw_type) return fmt::format(fmt::runtime(row.from_text), column);
  }
  throw Error(ErrorCode::kInternal, fmt::format("'{}' is no type of raw data", raw_type));
}

std::string typed_as(std::string_view raw_type, std::string_view engine_type, const std::string& column) {
  if (engine_type == raw_type) return column;
  return fmt::format(fmt::runtime(sql_of_family(raw_type, family_of(engine_type))), column, raw_type);
}

std::string narrowest_type(uint64_t text_count, const std::vector<uint64_t>& fitting_counts) {
  if (text_count == 0) return "VARCHAR";
  for (size_t i = 0; i < kTypes.size(); ++i) {
    if (fitting_counts[i] == text_count) return std::string(kTypes[i].name);
  }
  return "VARCHAR";
}

std::optional<std::string> common_type(const std::string& a, const std::string& b) {
  if (a == b) return a;
  const auto are = [&](const char* x, const char* y) { return (a == x && b == y) || (a == y && b == x); };
  if (are("BIGINT", "DOUBLE")) return "DOUBLE";
  if (are("DATE", "TIMESTAMP")) return "TIMESTAMP";
  return std::nullopt;
}

}  // namespace tidemill::pipeline
