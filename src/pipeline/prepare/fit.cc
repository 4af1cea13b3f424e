#include "pipeline/prepare/fit.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "pipeline/prepare/category_counts.h"
#include "pipeline/prepare/group_means.h"
#include "pipeline/prepare/rows_in_error.h"

namespace tidemill::pipeline {
namespace {

constexpr size_t kNoPosition = SIZE_MAX;
constexpr size_t kNoRow = SIZE_MAX;

// One scan's share of the work: some numeric columns, and the categorical ones on the first scan.
struct ScanColumns {
  size_t numeric_begin = 0;
  size_t numeric_end = 0;
  bool with_categories = false;
};

class Fitter {
 public:
  Fitter(const FitContext& context, Progress& progress) : context_(context), progress_(progress) {}

  Fitted run() {
    fit_group_means();
    fitted_.features_sql = means_.features_sql(context_);
    const size_t column_bytes = std::max<size_t>(context_.window.train().count() * sizeof(double), 1);
    const size_t column_count = context_.plan.numeric().size();
    const size_t group = std::clamp<size_t>(context_.options.memory_budget_bytes / column_bytes, 1,
                                            std::max<size_t>(column_count, 1));
    ScanColumns scan{0, std::min(group, column_count), true};
    while (true) {
      progress_.step("fit", 0.2 + 0.4 * static_cast<double>(scan.numeric_begin) /
                                      static_cast<double>(std::max<size_t>(column_count, 1)));
      run_scan(scan);
      if (scan.numeric_end == column_count) break;
      scan = {scan.numeric_end, std::min(scan.numeric_end + group, column_count), false};
    }
    return std::move(fitted_);
  }

 private:
  void fit_group_means() {
    for (size_t round = 0; round < context_.plan.round_count(); ++round) {
      progress_.step("fit", 0.15);
      guarded(means_.features_sql(context_), [&] { means_.fit_round(context_, round); });
    }
    fitted_.group_means = means_.fitted(context_.plan);
  }

  // An error of the engine becomes one about the feature that causes it.
  template <typename Work>
  void guarded(const std::string& features_sql, Work work) {
    try {
      work();
    } catch (const Error& error) {
      refuse_failing_feature(error, context_.options.features, features_sql, context_.session);
    }
  }

  void run_scan(const ScanColumns& scan) {
    const auto& numeric = context_.plan.numeric();
    const auto& categorical = context_.plan.categorical();
    const size_t train_count = context_.window.train().count();
    values_.assign(scan.numeric_end - scan.numeric_begin, std::vector<double>(train_count));
    is_finite_ = std::vector<std::atomic<bool>>(values_.size());
    for (auto& flag : is_finite_) flag = true;
    counts_ = std::vector<CategoryCounts>(scan.with_categories ? categorical.size() : 0);
    long_text_row_ = std::vector<std::atomic<size_t>>(counts_.size());
    for (auto& row : long_text_row_) row = kNoRow;

    std::string sql = "SELECT file_index, file_row_number";
    for (size_t c = scan.numeric_begin; c < scan.numeric_end; ++c) {
      sql += fmt::format(", CAST({} AS DOUBLE)", quote_identifier(numeric[c].name));
    }
    for (size_t c = 0; c < counts_.size(); ++c) {
      sql += fmt::format(", CAST({} AS VARCHAR)", quote_identifier(categorical[c].name));
    }
    sql += " FROM (" + fitted_.features_sql + ")";
    try {
      context_.session.for_each_batch(sql, [this](const engine::Batch& batch) { take(batch); });
    } catch (const Error& error) {
      refuse_failing_feature(error, context_.options.features, fitted_.features_sql, context_.session);
    }
    for (size_t c = 0; c < values_.size(); ++c) {
      if (!is_finite_[c]) {
        refuse_non_finite(numeric[scan.numeric_begin + c], fitted_.features_sql, context_.window,
                          context_.options.roles, context_.session, context_.store);
      }
    }
    finish_numeric(scan);
    for (size_t c = 0; c < counts_.size(); ++c) finish_category(c);
  }

  void take(const engine::Batch& batch) {
    const size_t count = batch.row_count();
    std::vector<int64_t> files(count), file_rows(count);
    std::vector<size_t> rows(count), positions(count, kNoPosition);
    batch.copy_int64s(0, files.data(), 0);
    batch.copy_int64s(1, file_rows.data(), 0);
    const RowSet& train = context_.window.train();
    for (size_t i = 0; i < count; ++i) {
      rows[i] = context_.window.row(files[i], file_rows[i]);
      if (train.contains(rows[i])) positions[i] = train.rank(rows[i]);
    }
    std::vector<double> column(count);
    for (size_t c = 0; c < values_.size(); ++c) {
      batch.copy_doubles(c + 2, column.data());
      std::vector<double>& out = values_[c];
      for (size_t i = 0; i < count; ++i) {
        if (!std::isfinite(column[i]) && !batch.is_null(c + 2, i) && is_used(rows[i])) is_finite_[c] = false;
        if (positions[i] != kNoPosition) out[positions[i]] = column[i];
      }
    }
    std::vector<std::string_view> texts;
    for (size_t c = 0; c < counts_.size(); ++c) {
      const size_t column_index = values_.size() + c + 2;
      uint64_t null_count = 0;
      texts.clear();
      for (size_t i = 0; i < count; ++i) {
        const std::string_view text = batch.string_at(column_index, i);
        if (text.size() > CategoryCounts::kMaxBytes && is_used(rows[i])) lower_to(long_text_row_[c], rows[i]);
        if (positions[i] == kNoPosition) continue;
        if (text.empty() && batch.is_null(column_index, i)) {
          ++null_count;
        } else {
          texts.push_back(text);
        }
      }
      counts_[c].add(texts, null_count);
    }
  }

  bool is_used(size_t row) const {
    return context_.window.train().contains(row) || context_.window.test().contains(row);
  }

  static void lower_to(std::atomic<size_t>& lowest, size_t row) {
    size_t seen = lowest;
    while (row < seen && !lowest.compare_exchange_weak(seen, row)) continue;
  }

  void finish_numeric(const ScanColumns& scan) {
    const PrepareOptions& options = context_.options;
    std::vector<std::optional<ColumnFit>> fits(values_.size());
    parallel_for(values_.size(), options.thread_count, [&](size_t c) {
      const std::string& name = context_.plan.numeric()[scan.numeric_begin + c].name;
      const bool is_uncapped =
          std::any_of(options.uncapped_columns.begin(), options.uncapped_columns.end(),
                      [&](const std::string& uncapped) { return same_name(uncapped, name); });
      const ColumnRule rule = {options.impute, options.cap_outliers && !is_uncapped,
                               options.scale == Scaling::kStandard};
      fits[c] = fit_column(values_[c], rule);
      values_[c] = {};
    });
    for (size_t c = 0; c < fits.size(); ++c) {
      if (fits[c]) {
        fitted_.numeric.push_back(*fits[c]);
        continue;
      }
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format(
              "column '{}' has no value on the train side: there is nothing to impute it with; leave it "
              "out with prepare.drop_columns",
              context_.plan.numeric()[scan.numeric_begin + c].name));
    }
  }

  void finish_category(size_t c) {
    const PlannedFeature& feature = context_.plan.categorical()[c];
    if (long_text_row_[c] != kNoRow) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format(
              "column '{}' has a text of more than {} bytes at {}, too long for a category: leave it out "
              "with prepare.drop_columns, or mend the data",
              feature.name, CategoryCounts::kMaxBytes,
              describe_row(context_.window, long_text_row_[c], context_.options.roles, context_.session,
                           context_.store)));
    }
    fitted_.categorical.push_back(counts_[c].fit(feature, context_.options.rare_category_share));
  }

  const FitContext& context_;
  Progress& progress_;
  MeanFitter means_;
  Fitted fitted_;
  // Of the scan that runs:
  std::vector<std::vector<double>> values_;  // [numeric column][train position]
  std::vector<std::atomic<bool>> is_finite_;
  std::vector<CategoryCounts> counts_;
  std::vector<std::atomic<size_t>> long_text_row_;
};

}  // namespace

Fitted fit(const FitContext& context, Progress& progress) {
  return Fitter(context, progress).run();
}

}  // namespace tidemill::pipeline
