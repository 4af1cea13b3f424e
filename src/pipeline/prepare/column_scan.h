#pragma once
// Columns of the feature query in memory, every used row at its position.

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "pipeline/prepare/fit.h"

namespace tidemill::pipeline {

// Columns of the feature query, or SQL expressions over them.
struct ScanColumns {
  std::vector<std::string> texts;
  std::vector<std::string> numbers;
};

class ColumnScan {
 public:
  // Reads the columns with as many threads as the engine has. `features_sql` gives file_index,
  // file_row_number and what the expressions read. Errors: kInvalidArgument naming the feature that fails.
  ColumnScan(const PrepareContext& context, const std::string& features_sql, const ScanColumns& columns);

  // [window.used_count()], as Window::position; NaN is missing.
  std::span<const double> numbers(size_t index) const { return {numbers_[index].get(), row_count_}; }
  std::span<const uint32_t> codes(size_t index) const { return {codes_[index].get(), row_count_}; }
  const CategoryCodes& category_codes(size_t index) const { return category_codes_[index]; }

  // Whether every number that is there is finite, and every text at most kMaxCategoryBytes long.
  bool is_finite(size_t index) const { return is_finite_[index]; }
  bool is_short(size_t index) const { return is_short_[index]; }

 private:
  void take(const engine::Batch& batch, const Window& window);
  void take_numbers(const engine::Batch& batch, const std::vector<size_t>& positions);
  void take_texts(const engine::Batch& batch, const std::vector<size_t>& positions);

  size_t row_count_;
  std::vector<std::unique_ptr<double[]>> numbers_;
  std::vector<std::unique_ptr<uint32_t[]>> codes_;
  std::vector<CategoryCodes> category_codes_;
  std::vector<std::atomic<bool>> is_finite_, is_short_;
};

}  // namespace tidemill::pipeline
