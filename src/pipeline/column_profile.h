#pragma once
// How the values of columns are spread: what people look at before they trust data.

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "engine/engine.h"

namespace tidemill::pipeline {

// Of numbers, booleans (0 and 1), dates and times (microseconds since 1970).
struct NumberProfile {
  double min = 0, max = 0, mean = 0;
  double median = 0;  // of an even count: the mean of the middle two
  // Bins of one width from `low` on; the last one includes its upper end. Whole numbers get whole widths with
  // the edges at halves, so that a bin is a number where there are few.
  double low = 0, width = 1;
  std::vector<uint64_t> counts{};
};

// Of all other types, as text.
struct TextProfile {
  uint64_t distinct_count = 0;
  bool distinct_is_exact = true;  // false: there are more than were counted
  // The most frequent first, ties by text.
  std::vector<std::pair<std::string, uint64_t>> most_frequent{};
};

struct ColumnProfile {
  engine::Column column{};
  bool is_time = false;
  uint64_t row_count = 0;   // looked at
  uint64_t null_count = 0;  // also NaN and infinite numbers
  // At most one; none where every value is null.
  std::optional<NumberProfile> numbers{};
  std::optional<TextProfile> texts{};
};

struct ProfileLimits {
  uint64_t row_count = 100'000;    // the first ones of the file
  size_t bin_count = 24;           // at most
  size_t frequent_count = 8;       // at most
  size_t distinct_count = 10'000;  // values that are told apart, in each column
  size_t text_size_bytes = 200;    // longer texts are told apart by their beginning
};

// Of these columns of a Parquet file. Memory: row_count numbers a column. Errors: those of the engine.
std::vector<ColumnProfile> profile_columns(engine::Session& session, const std::string& parquet_uri,
                                           const std::vector<engine::Column>& columns,
                                           const ProfileLimits& limits = {});

}  // namespace tidemill::pipeline
