#pragma once
// The types raw data may have, how a column's type is inferred from text, and whether a value that arrives
// fits a column's type. Nothing is ever cast so that it means something else: 12.5 does not fit BIGINT, "007"
// fits no number, 12.0 fits BIGINT and 12 fits DOUBLE.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/engine.h"

namespace tidemill::pipeline {

// BIGINT, DOUBLE, BOOLEAN, DATE, TIMESTAMP (UTC, microseconds), VARCHAR.
const std::vector<std::string>& raw_column_types();
bool is_numeric(std::string_view raw_type);  // BIGINT, DOUBLE, BOOLEAN

// The raw type that holds values of an engine type ("INTEGER" -> "BIGINT", "DECIMAL(4,2)" -> "DOUBLE");
// nullopt for what raw data cannot hold (structs, lists, blobs, times of day, ...).
std::optional<std::string> raw_type_of(std::string_view engine_type);

// SQL that gives `column`'s value in `raw_type`, or NULL where it does not fit. `column` is a quoted
// identifier.
std::string text_as(std::string_view raw_type, const std::string& column);
std::string typed_as(std::string_view raw_type, std::string_view engine_type, const std::string& column);

// The narrowest raw type that all texts of a column fit, given how many there are and how many fit each of
// raw_column_types(). VARCHAR when there are none.
std::string narrowest_type(uint64_t text_count, const std::vector<uint64_t>& fitting_counts);

// The raw type that holds the values of both, as far as neither changes meaning (BIGINT and DOUBLE -> DOUBLE,
// DATE and TIMESTAMP -> TIMESTAMP); nullopt otherwise.
std::optional<std::string> common_type(const std::string& a, const std::string& b);

}  // namespace tidemill::pipeline
