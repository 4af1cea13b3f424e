#pragma once
// Which rows share a value with another row. Used where a key must be unique.

#include <cstdint>
#include <string>
#include <vector>

#include "engine/engine.h"

namespace tidemill::pipeline {

struct Duplicates {
  uint64_t value_count = 0;           // rows with a value: nulls are none
  uint64_t row_count = 0;             // rows whose value occurs more than once
  std::vector<std::string> examples;  // such values, in the order of their first rows
};

// `from_sql` is a table or read_parquet(...) with a file_row_number; `column` as it is named there.
// Cost: one scan and 8 bytes a row; a second scan only when there are duplicates. 64-bit hashes stand for the
// values in the count: with ten million rows one wrong count in 300,000 tables; the examples are real.
Duplicates find_duplicates(engine::Session& session, const std::string& from_sql, const std::string& column,
                           size_t example_limit);

}  // namespace tidemill::pipeline
