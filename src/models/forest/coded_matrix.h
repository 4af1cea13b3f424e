#pragma once
// The training rows of one forest as small integers: what its trees share, read only.

#include <cstdint>
#include <span>
#include <vector>

#include "models/forest/column_values.h"
#include "models/forest/split_scan.h"

namespace tidemill::models {

// Codes in blocks of kLanes columns: codes[(block * row_count + row) * kLanes + lane]. Columns are dealt to
// lanes by falling number of codes, so that columns of few values share blocks. Lanes behind the
// last column hold code 0.
template <class Code>
struct CodedMatrix {
  static constexpr uint32_t kNoColumn = UINT32_MAX;

  size_t row_count = 0;
  std::vector<Code> codes;
  std::vector<uint32_t> code_counts;     // [block]: codes of the block are below it
  std::vector<uint32_t> column_of_lane;  // [block * kLanes + lane]
  std::vector<uint32_t> lane_of_column;  // [column]: block * kLanes + lane
  ColumnValues values;

  size_t block_count() const { return code_counts.size(); }
  size_t column_count() const { return lane_of_column.size(); }
  const Code* block(size_t index) const { return codes.data() + index * row_count * kLanes; }
  Code code(size_t column, size_t row) const {
    const size_t lane = lane_of_column[column];
    return block(lane / kLanes)[row * kLanes + lane % kLanes];
  }
};

// Features column-major [column_count][column_stride]; row i of the result is row rows[i] of the features.

// Every distinct value has its own code: trees see exactly the values. rows.size() <= 65535.
CodedMatrix<uint16_t> rank_columns(const float* features, size_t column_stride, size_t column_count,
                                   std::span<const uint32_t> rows, int thread_count);

// At most 256 codes a column, holding as equal numbers of rows as its distinct values allow; exact for a
// column of up to 256 distinct values.
CodedMatrix<uint8_t> bin_columns(const float* features, size_t column_stride, size_t column_count,
                                 std::span<const uint32_t> rows, int thread_count);

}  // namespace tidemill::models
