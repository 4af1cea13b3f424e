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
    : context_(context),
      columns_(columns),
      numbers_(columns.last_number - columns.first_number + (columns.with_target ? 1 : 0)),
      is_finite_(numbers_.size()),
      codes_(columns.last_category - columns.first_category),
      category_codes_(codes_.size()),
      is_short_(codes_.size()) {
  // Every used row is written below: no need to fill them first.
  for (auto& values : numbers_)
    values = std::make_unique_for_overwrite<double[]>(context.window.used_count());
  for (auto& values : codes_)
    values = std::make_unique_for_overwrite<uint32_t[]>(context.window.used_count());
  for (auto& flag : is_finite_) flag = true;
  for (auto& flag : is_short_) flag = true;
  try {
    context.session.for_each_batch(sql(features_sql), [this](const engine::Batch& batch) { take(batch); });
  } catch (const Error& error) {
    refuse_failing_feature(error, context.options.features, features_sql, context.session);
  }
  check(features_sql);
}

std::string ColumnScan::sql(const std::string& features_sql) const {
  std::vector<std::string> items = {"file_index", "file_row_number"};
  for (size_t c = columns_.first_category; c < columns_.last_category; ++c) {
    items.push_back(
        fmt::format("CAST({} AS VARCHAR)", quote_identifier(context_.plan.categorical()[c].name)));
  }
  for (size_t c = columns_.first_number; c < columns_.last_number; ++c) {
    items.push_back(fmt::format("CAST({} AS DOUBLE)", quote_identifier(context_.plan.numeric()[c].name)));
  }
  if (columns_.with_target) {
    items.push_back(fmt::format("CAST({} AS DOUBLE)", quote_identifier(context_.options.roles.target)));
  }
  return fmt::format("SELECT {} FROM ({})", join(items), features_sql);
}

void ColumnScan::take(const engine::Batch& batch) {
  const std::vector<size_t> positions = context_.window.positions(batch);
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

void ColumnScan::check(const std::string& features_sql) const {
  for (size_t c = 0; c < codes_.size(); ++c) {
    if (is_short_[c]) continue;
    refuse_long_text(context_.plan.categorical()[columns_.first_category + c], features_sql, context_);
  }
  for (size_t c = 0; c < columns_.last_number - columns_.first_number; ++c) {
    if (is_finite_[c]) continue;
    refuse_non_finite(context_.plan.numeric()[columns_.first_number + c], features_sql, context_);
  }
}

}  // namespace tidemill::pipeline
