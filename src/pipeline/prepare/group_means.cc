#include "pipeline/prepare/group_means.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"
#include "pipeline/prepare/column_scan.h"

namespace tidemill::pipeline {
namespace {

constexpr size_t kChunkRows = 4096;

// Means of the train rows by group. Sums within chunks of 4,096 rows, added up chunk after chunk: the same at
// any thread count.
GroupMeans means_of(const std::string& feature, std::span<const double> values,
                    std::span<const uint32_t> codes, const std::vector<std::string>& groups) {
  std::vector<double> totals(groups.size() + 1), in_chunk(groups.size() + 1);
  std::vector<uint64_t> counts(groups.size() + 1);
  for (size_t begin = 0; begin < values.size(); begin += kChunkRows) {
    const size_t end = std::min(begin + kChunkRows, values.size());
    std::fill(in_chunk.begin(), in_chunk.end(), 0);
    for (size_t i = begin; i < end; ++i) {
      if (codes[i] == CategoryCodes::kNull || std::isnan(values[i])) continue;
      in_chunk[codes[i]] += values[i];
      ++counts[codes[i]];
    }
    for (size_t code = 0; code < totals.size(); ++code) totals[code] += in_chunk[code];
  }
  GroupMeans out{feature, {}};
  for (size_t code = 1; code < totals.size(); ++code) {
    const double mean = totals[code] / static_cast<double>(counts[code]);
    if (counts[code] > 0 && mean != 0 && std::isfinite(mean)) out.means.emplace_back(groups[code - 1], mean);
  }
  std::sort(out.means.begin(), out.means.end());
  return out;
}

[[noreturn]] void refuse_many_groups(const FeatureDefinition& comparison) {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("{}: feature '{}': {} has more than {} groups", comparison.place, comparison.name,
                          comparison.group, kMaxCategories));
}

engine::RowFunction mean_of_group(std::vector<std::pair<std::string, double>> means) {
  return [means = std::move(means)](const engine::Batch& batch, double* out) {
    constexpr size_t kFewGroups = 16;  // faster looked through than searched
    const auto none = std::numeric_limits<double>::quiet_NaN();
    for (size_t i = 0; i < batch.row_count(); ++i) {
      const std::string_view group = batch.string_at(0, i);
      const auto found =
          means.size() <= kFewGroups
              ? std::find_if(means.begin(), means.end(),
                             [&](const auto& entry) { return entry.first == group; })
              : std::lower_bound(means.begin(), means.end(), group,
                                 [](const auto& entry, std::string_view text) { return entry.first < text; });
      const bool is_known = found != means.end() && found->first == group;
      out[i] = is_known && !(group.empty() && batch.is_null(0, i)) ? found->second : none;
    }
  };
}

}  // namespace

std::vector<GroupMeans> MeanFitter::fitted(const FeaturePlan& plan) const {
  std::vector<GroupMeans> out;
  for (const PlannedComparison& comparison : plan.comparisons())
    out.push_back(fitted_.at(comparison.definition.name));
  return out;
}

std::string MeanFitter::features_sql(const PrepareContext& context) const {
  const std::string& key = context.options.roles.key;
  std::string columns = fmt::format("file_index, file_row_number, {}, {}", quote_identifier(key),
                                    quote_identifier(context.options.roles.target));
  for (const engine::Column& column : context.plan.needed_columns()) {
    if (!same_name(column.name, key)) columns += ", " + quote_identifier(column.name);
  }
  const auto mean = [this](const FeatureDefinition& comparison) -> std::string {
    const auto function = functions_.find(comparison.name);
    if (function == functions_.end()) return "CAST(NULL AS DOUBLE)";
    return fmt::format("{}(CAST({} AS VARCHAR))", function->second, quote_identifier(comparison.group));
  };
  return context.plan.sql(fmt::format("(SELECT {} FROM {})", columns, context.window.source_sql()), mean);
}

void MeanFitter::fit_round(const PrepareContext& context, size_t round) {
  std::vector<FeatureDefinition> comparisons;
  for (const PlannedComparison& comparison : context.plan.comparisons()) {
    if (comparison.round == round) comparisons.push_back(comparison.definition);
  }
  const size_t bytes = (sizeof(double) + sizeof(uint32_t)) * std::max<size_t>(context.window.used_count(), 1);
  const size_t at_once = std::max<size_t>(1, context.options.memory_budget_bytes / bytes);
  const size_t train_count = context.window.train().count();
  const std::string sql = features_sql(context);
  for (size_t begin = 0; begin < comparisons.size(); begin += at_once) {
    const size_t count = std::min(at_once, comparisons.size() - begin);
    ScanColumns wanted;
    for (size_t c = begin; c < begin + count; ++c) {
      wanted.texts.push_back(quote_identifier(comparisons[c].group));
      wanted.numbers.push_back(quote_identifier(comparisons[c].value));
    }
    const ColumnScan columns(context, sql, wanted);
    std::vector<GroupMeans> learned(count);
    parallel_for(count, context.options.thread_count, [&](size_t i) {
      const FeatureDefinition& comparison = comparisons[begin + i];
      const std::vector<std::string>& groups = columns.category_codes(i).texts();
      if (groups.size() > kMaxCategories) refuse_many_groups(comparison);
      learned[i] = means_of(comparison.name, columns.numbers(i).first(train_count),
                            columns.codes(i).first(train_count), groups);
    });
    for (const GroupMeans& means : learned) {
      functions_[means.feature] = context.session.register_function({"VARCHAR"}, mean_of_group(means.means));
      fitted_[means.feature] = means;
    }
  }
}

}  // namespace tidemill::pipeline
