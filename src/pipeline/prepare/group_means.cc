#include "pipeline/prepare/group_means.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/text.h"

namespace tidemill::pipeline {
namespace {

constexpr size_t kChunkRows = 4096;

// Sums within chunks of 4,096 train rows, added up chunk after chunk: the same at any thread count.
class GroupSums {
 public:
  void add(std::string_view group, double value) {
    Sum& sum = find(group);
    sum.in_chunk += value;
    ++sum.count;
  }

  void end_chunk() {
    for (auto& [group, sum] : sums_) {
      sum.total += sum.in_chunk;
      sum.in_chunk = 0;
    }
  }

  GroupMeans means(const std::string& feature) const {
    GroupMeans out{feature, {}};
    for (const auto& [group, sum] : sums_) {
      const double mean = sum.total / static_cast<double>(sum.count);
      if (mean != 0 && std::isfinite(mean)) out.means.emplace_back(group, mean);
    }
    return out;
  }

 private:
  struct Sum {
    double total = 0;
    double in_chunk = 0;
    uint64_t count = 0;
  };

  Sum& find(std::string_view group) {
    const auto found = sums_.find(group);
    return found != sums_.end() ? found->second : sums_[std::string(group)];
  }

  std::map<std::string, Sum, std::less<>> sums_;
};

engine::RowFunction mean_of_group(std::vector<std::pair<std::string, double>> means) {
  return [means = std::move(means)](const engine::Batch& batch, double* out) {
    for (size_t i = 0; i < batch.row_count(); ++i) {
      const std::string_view group = batch.string_at(0, i);
      const auto found =
          std::lower_bound(means.begin(), means.end(), group,
                           [](const auto& entry, std::string_view text) { return entry.first < text; });
      const bool is_known = found != means.end() && found->first == group && !batch.is_null(0, i);
      out[i] = is_known ? found->second : std::numeric_limits<double>::quiet_NaN();
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
  std::string sql = "SELECT file_index, file_row_number";
  for (const PlannedComparison& comparison : context.plan.comparisons()) {
    if (comparison.round != round) continue;
    comparisons.push_back(comparison.definition);
    sql += fmt::format(", CAST({} AS DOUBLE), CAST({} AS VARCHAR)",
                       quote_identifier(comparison.definition.value),
                       quote_identifier(comparison.definition.group));
  }
  std::vector<GroupSums> sums(comparisons.size());
  const auto stream = context.session.query(sql + " FROM (" + features_sql(context) + ")");
  const size_t train_count = context.window.train().count();
  std::vector<double> values;
  size_t chunk = 0;
  while (const engine::Batch* batch = stream->next()) {
    const std::vector<size_t> positions = context.window.positions(*batch);
    values.resize(positions.size());
    size_t last_chunk = chunk;
    for (size_t c = 0; c < comparisons.size(); ++c) {
      batch->copy_doubles(2 + 2 * c, values.data());
      last_chunk = chunk;
      for (size_t i = 0; i < positions.size(); ++i) {
        if (positions[i] >= train_count) continue;
        if (positions[i] / kChunkRows != last_chunk) sums[c].end_chunk();
        last_chunk = positions[i] / kChunkRows;
        if (std::isnan(values[i]) || batch->is_null(3 + 2 * c, i)) continue;
        sums[c].add(batch->string_at(3 + 2 * c, i), values[i]);
      }
    }
    chunk = last_chunk;
  }
  for (size_t c = 0; c < comparisons.size(); ++c) {
    sums[c].end_chunk();
    const GroupMeans& learned = fitted_[comparisons[c].name] = sums[c].means(comparisons[c].name);
    functions_[comparisons[c].name] =
        context.session.register_function({"VARCHAR"}, mean_of_group(learned.means));
  }
}

}  // namespace tidemill::pipeline
