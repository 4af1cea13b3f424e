#pragma once
// What the codes of a coded feature column stand for.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace tidemill::models {

// Column c has codes 0 .. count(c) - 1 in ascending order of value; code k stands for the training values in
// [low, high] of its entry. For ranked columns low == high; for binned ones a code is a range.
class ColumnValues {
 public:
  void append_column(const std::vector<float>& low, const std::vector<float>& high) {
    low_.insert(low_.end(), low.begin(), low.end());
    high_.insert(high_.end(), high.begin(), high.end());
    offsets_.push_back(static_cast<uint32_t>(low_.size()));
  }

  size_t column_count() const { return offsets_.size() - 1; }
  uint32_t count(size_t column) const { return offsets_[column + 1] - offsets_[column]; }

  // A threshold t with value <= t for every value of `left_code`, value > t for every value of `right_code`:
  // their midpoint, or the left value where rounding to float would reach the right one.
  // Source: scikit-learn BestSplitter (there the threshold is a double; ours is what the graph compares
  // with).
  float threshold_between(size_t column, uint32_t left_code, uint32_t right_code) const {
    const float left = high_[offsets_[column] + left_code];
    const float right = low_[offsets_[column] + right_code];
    const float middle = static_cast<float>(static_cast<double>(left) / 2 + static_cast<double>(right) / 2);
    return middle < right ? middle : left;
  }

 private:
  std::vector<uint32_t> offsets_{0};
  std::vector<float> low_;
  std::vector<float> high_;
};

}  // namespace tidemill::models
