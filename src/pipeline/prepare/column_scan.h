#pragma once
// Columns of the feature query in memory, every used row at its position.

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/prepare/fit.h"

namespace tidemill::pipeline {

// Which columns one scan reads: plan.categorical()[first, last), plan.numeric()[first, last), the target.
struct ScanColumns {
  size_t first_category = 0, last_category = 0;
  size_t first_number = 0, last_number = 0;
  bool with_target = false;
};

class ColumnScan {
 public:
  // Reads the columns with as many threads as the engine has. `features_sql` gives file_index,
  // file_row_number, the target and the features. Errors: kInvalidArgument naming the column, the day and the
  // key of the first row with a number that is infinite or NaN, or with a text that is too long for a
  // category; or the feature that fails.
  ColumnScan(const PrepareContext& context, const std::string& features_sql, const ScanColumns& columns);

  // [window.used_count()], as Window::position; NaN is missing. `index` counts from the first that was read.
  std::span<const double> numbers(size_t index) const {
    return {numbers_[index].get(), context_.window.used_count()};
  }
  std::span<const uint32_t> codes(size_t index) const {
    return {codes_[index].get(), context_.window.used_count()};
  }
  const CategoryCodes& category_codes(size_t index) const { return category_codes_[index]; }
  std::span<const double> target() const { return numbers(numbers_.size() - 1); }  // when it was asked for

 private:
  std::string sql(const std::string& features_sql) const;
  void take(const engine::Batch& batch);
  void take_numbers(const engine::Batch& batch, const std::vector<size_t>& positions);
  void take_texts(const engine::Batch& batch, const std::vector<size_t>& positions);
  void check(const std::string& features_sql) const;

  const PrepareContext& context_;
  ScanColumns columns_;
  std::vector<std::unique_ptr<double[]>> numbers_;
  std::vector<std::atomic<bool>> is_finite_;
  std::vector<std::unique_ptr<uint32_t[]>> codes_;
  std::vector<CategoryCodes> category_codes_;
  std::vector<std::atomic<bool>> is_short_;
};

}  // namespace tidemill::pipeline
