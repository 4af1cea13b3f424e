#include "pipeline/prepare/column_scan.h"

#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/prepare/rows_in_error.h"

namespace tidemill::pipeline {
namespace {

constexpr size_t kFirstColumn = 2;  // after file_index and file_row_number

}  // namespace

ColumnScan::ColumnScan(const PrepareContext& context, const std::string& features_sql,
                       const ScanColumns& columns)
    : row_count_(context.window.used_count()),
      numbers_(columns.numbers.size()),
      codes_(columns.texts.size()),
      category_codes_(codes_.size()),
      is_finite_(numbers_.size()),
      is_short_(codes_.size()) {
  // Every used row is written below: no need to fill them first.
  for (auto& values : numbers_) values = std::make_unique_for_overwrite<double[]>(row_count_);
  for (auto& values : codes_) values = std::make_unique_for_overwrite<uint32_t[]>(row_count_);
  for (auto& flag : is_finite_) flag = true;
  for (auto& flag : is_short_) flag = true;
  std::vector<std::string> items = {"file_index", "file_row_number"};
  for (const std::string& text : columns.texts) items.push_back(fmt::format("CAST({} AS VARCHAR)", text));
  for (const std::string& number : columns.numbers)
    items.push_back(fmt::format("CAST({} AS DOUBLE)", number));
  try {
    context.session.for_each_batch(fmt::format("SELECT {} FROM ({})", join(items), features_sql),
                                   [&](const engine::Batch& batch) { take(batch, context.window); });
  } catch (const Error& error) {
    refuse_failing_feature(error, context.options.features, features_sql, context.session);
  }
}

void ColumnScan::take(const engine::Batch& batch, const Window& window) {
  const std::vector<size_t> positions = window.positions(batch);
  take_texts(batch, positions);
  take_numbers(batch, positions);
}

void ColumnScan::take_numbers(const engine::Batch& batch, const std::vector<size_t>& positions) {
  std::vector<double> values(positions.size());
  for (size_t c = 0; c < numbers_.size(); ++c) {
    const size_t column = kFirstColumn + codes_.size() + c;
    batch.copy_doubles(column, values.data());
    double* out = numbers_[c].get();
    bool is_finite = true;
    for (size_t i = 0; i < values.size(); ++i) {
      if (positions[i] == SIZE_MAX) continue;
      out[positions[i]] = values[i];
      if (!std::isfinite(values[i]) && !batch.is_null(column, i)) is_finite = false;
    }
    if (!is_finite) is_finite_[c] = false;
  }
}

void ColumnScan::take_texts(const engine::Batch& batch, const std::vector<size_t>& positions) {
  std::vector<std::string_view> texts;
  std::vector<uint32_t> codes(positions.size());
  for (size_t c = 0; c < codes_.size(); ++c) {
    const size_t column = kFirstColumn + c;
    texts.clear();
    for (size_t i = 0; i < positions.size(); ++i) {
      const std::string_view text = batch.string_at(column, i);
      const bool is_used = positions[i] != SIZE_MAX;
      if (is_used && text.size() > kMaxCategoryBytes) is_short_[c] = false;
      texts.push_back(is_used ? text.substr(0, kMaxCategoryBytes + 1) : std::string_view());
    }
    category_codes_[c].encode(texts, codes.data());
    for (size_t i = 0; i < positions.size(); ++i) {
      if (positions[i] == SIZE_MAX) continue;
      const bool is_null = texts[i].empty() && batch.is_null(column, i);
      codes_[c][positions[i]] = is_null ? CategoryCodes::kNull : codes[i];
    }
  }
}

}  // namespace tidemill::pipeline
