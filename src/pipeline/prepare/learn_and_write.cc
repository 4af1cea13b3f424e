#include "pipeline/prepare/learn_and_write.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "pipeline/prepare/column_scan.h"
#include "pipeline/prepare/group_means.h"
#include "pipeline/prepare/rows_in_error.h"

namespace tidemill::pipeline {
namespace {

namespace parquet = engine::parquet;

// As models::apply_preprocessing does it.
std::vector<double> transform(std::span<const double> values, const models::NumericInput& input) {
  std::vector<double> out(values.size());
  for (size_t i = 0; i < out.size(); ++i) {
    const double present = std::isnan(values[i]) ? input.impute_value : values[i];
    const double capped = std::max(std::min(present, input.cap_high), input.cap_low);
    out[i] = (capped - input.mean) / input.scale;
  }
  return out;
}

// 1 where the row's category is the k-th.
std::vector<uint8_t> indicators(std::span<const uint32_t> codes, const CategoryFit& fit, uint32_t k) {
  std::vector<uint8_t> is_code;
  for (const uint32_t index : fit.index_of_code) is_code.push_back(index == k ? 1 : 0);
  std::vector<uint8_t> out(codes.size());
  for (size_t i = 0; i < out.size(); ++i) out[i] = is_code[codes[i]];
  return out;
}

// What one scan takes: plan.categorical()[first, last), plan.numeric()[first, last), the target.
struct ColumnGroup {
  size_t first_category = 0, last_category = 0;
  size_t first_number = 0, last_number = 0;
  bool with_target = false;
};

class Learner {
 public:
  Learner(const PrepareContext& context, PreparedFiles* files, Progress& progress)
      : context_(context), files_(files), progress_(progress) {}

  Fitted run(const std::string& key_type) {
    fit_group_means();
    const size_t categories = context_.plan.categorical().size(), numbers = context_.plan.numeric().size();
    fitted_.numeric.resize(numbers);
    const size_t row_count = std::max<size_t>(context_.window.used_count(), 1);
    ColumnGroup scan;
    bool is_done = false;
    while (!is_done) {
      progress_.step(files_ != nullptr ? "learn and write" : "learn",
                     0.2 + 0.7 * static_cast<double>(scan.last_category + scan.last_number) /
                               static_cast<double>(categories + numbers + 1));
      size_t bytes = 0;
      const auto fits = [&](size_t value_size) {
        const bool is_first = bytes == 0;
        bytes += value_size * row_count;
        return is_first || bytes <= context_.options.memory_budget_bytes;
      };
      scan = {scan.last_category, scan.last_category, scan.last_number, scan.last_number, false};
      while (scan.last_category < categories && fits(sizeof(uint32_t))) ++scan.last_category;
      if (scan.last_category == categories) {
        while (scan.last_number < numbers && fits(sizeof(double))) ++scan.last_number;
        is_done = scan.with_target = scan.last_number == numbers && fits(sizeof(double));
      }
      run_scan(scan);
    }
    if (files_ != nullptr) files_->add_keys(key_type);
    return std::move(fitted_);
  }

 private:
  void fit_group_means() {
    MeanFitter means;
    for (size_t round = 0; round < context_.plan.round_count(); ++round) {
      progress_.step("compare groups", 0.15);
      means.fit_round(context_, round);
    }
    fitted_.group_means = means.fitted(context_.plan);
    features_sql_ = means.features_sql(context_);
  }

  ColumnScan read(const ColumnGroup& scan) {
    const FeaturePlan& plan = context_.plan;
    ScanColumns wanted;
    for (size_t c = scan.first_category; c < scan.last_category; ++c) {
      wanted.texts.push_back(quote_identifier(plan.categorical()[c].name));
    }
    for (size_t c = scan.first_number; c < scan.last_number; ++c) {
      wanted.numbers.push_back(quote_identifier(plan.numeric()[c].name));
    }
    if (scan.with_target) wanted.numbers.push_back(quote_identifier(context_.options.roles.target));
    ColumnScan columns(context_, features_sql_, wanted);
    for (size_t c = scan.first_category; c < scan.last_category; ++c) {
      if (!columns.is_short(c - scan.first_category)) {
        refuse_long_text(plan.categorical()[c], features_sql_, context_);
      }
    }
    for (size_t c = scan.first_number; c < scan.last_number; ++c) {
      if (!columns.is_finite(c - scan.first_number))
        refuse_non_finite(plan.numeric()[c], features_sql_, context_);
    }
    return columns;
  }

  void run_scan(const ColumnGroup& scan) {
    const ColumnScan columns = read(scan);
    std::vector<PreparedFiles::Column> out;
    for (size_t c = scan.first_category; c < scan.last_category; ++c) add_category(c, columns, scan, out);
    fit_numbers(columns, scan);
    for (size_t c = scan.first_number; c < scan.last_number; ++c) {
      const models::NumericInput input = numeric_input(context_.plan.numeric()[c], fitted_.numeric[c]);
      const std::span<const double> values = columns.numbers(c - scan.first_number);
      out.push_back({1 + c, [input, values](size_t begin, size_t end) {
                       return parquet::encode_doubles(transform(values.subspan(begin, end - begin), input));
                     }});
    }
    if (scan.with_target) {
      const std::span<const double> values = columns.numbers(scan.last_number - scan.first_number);
      check_target_varies(values);
      out.push_back({next_indicator_column(), [values](size_t begin, size_t end) {
                       return parquet::encode_doubles(values.subspan(begin, end - begin));
                     }});
    }
    if (files_ != nullptr) files_->add(out);
  }

  void add_category(size_t c, const ColumnScan& columns, const ColumnGroup& scan,
                    std::vector<PreparedFiles::Column>& out) {
    const std::span<const uint32_t> codes = columns.codes(c - scan.first_category);
    const size_t first_column = next_indicator_column();
    fitted_.categorical.push_back(
        fit_categories(context_.plan.categorical()[c], columns.category_codes(c - scan.first_category),
                       codes.first(context_.window.train().count()), context_.options.rare_category_share));
    const auto fit = std::make_shared<const CategoryFit>(fitted_.categorical.back());
    for (uint32_t k = 0; k < fit->categories.size(); ++k) {
      out.push_back({first_column + k, [fit, codes, k](size_t begin, size_t end) {
                       return parquet::encode_coded_doubles(
                           indicators(codes.subspan(begin, end - begin), *fit, k), {0.0, 1.0});
                     }});
    }
  }

  // A target of one value teaches nothing, and every model would look perfect.
  void check_target_varies(std::span<const double> values) const {
    const auto [low, high] = std::minmax_element(values.begin(), values.end());
    if (*low < *high) return;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the target {} is {} in every row: there is nothing to learn",
                            context_.options.roles.target, format_double(*low)));
  }

  // The column after the key, the numbers and the indicators of the categories so far.
  size_t next_indicator_column() const {
    size_t column = 1 + context_.plan.numeric().size();
    for (const CategoryFit& fit : fitted_.categorical) column += fit.categories.size();
    return column;
  }

  void fit_numbers(const ColumnScan& columns, const ColumnGroup& scan) {
    const PrepareOptions& options = context_.options;
    const size_t train_count = context_.window.train().count();
    std::vector<std::optional<ColumnFit>> fits(scan.last_number - scan.first_number);
    parallel_for(fits.size(), options.thread_count, [&](size_t i) {
      const std::string& name = context_.plan.numeric()[scan.first_number + i].name;
      const bool is_uncapped =
          std::any_of(options.uncapped_columns.begin(), options.uncapped_columns.end(),
                      [&](const std::string& uncapped) { return same_name(uncapped, name); });
      fits[i] = fit_column(
          columns.numbers(i).first(train_count),
          {options.impute, options.cap_outliers && !is_uncapped, options.scale == Scaling::kStandard});
    });
    for (size_t i = 0; i < fits.size(); ++i) {
      if (!fits[i]) {
        throw Error(
            ErrorCode::kInvalidArgument,
            fmt::format(
                "column '{}' has no value on the train side: there is nothing to impute it with; leave "
                "it out with prepare.drop_columns",
                context_.plan.numeric()[scan.first_number + i].name));
      }
      fitted_.numeric[scan.first_number + i] = *fits[i];
    }
  }

  const PrepareContext& context_;
  PreparedFiles* files_;  // null: nothing is written
  Progress& progress_;
  std::string features_sql_;
  Fitted fitted_;
};

}  // namespace

models::NumericInput numeric_input(const PlannedFeature& feature, const ColumnFit& fit) {
  return {feature.name, fit.impute_value, fit.cap_low, fit.cap_high, fit.mean, fit.scale};
}

Fitted learn_and_write(const PrepareContext& context, const std::string& key_type, PreparedFiles* files,
                       Progress& progress) {
  return Learner(context, files, progress).run(key_type);
}

}  // namespace tidemill::pipeline
