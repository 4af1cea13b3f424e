#include "pipeline/column_profile.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include <fmt/format.h>

#include "base/text.h"

namespace tidemill::pipeline {
namespace {

constexpr std::array<std::string_view, 12> kNumberTypes = {"TINYINT", "SMALLINT", "INTEGER",   "BIGINT",
                                                           "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER",
                                                           "UBIGINT", "FLOAT",    "DOUBLE",    "BOOLEAN"};

bool is_time(const std::string& type) {
  return type.starts_with("TIMESTAMP") || type == "DATE";
}

bool is_number(const std::string& type) {
  return type.starts_with("DECIMAL") ||
         std::find(kNumberTypes.begin(), kNumberTypes.end(), type) != kNumberTypes.end();
}

std::string select_list(const std::vector<engine::Column>& columns) {
  std::vector<std::string> list;
  for (const engine::Column& column : columns) {
    const char* type = is_time(column.type) ? "TIMESTAMP" : is_number(column.type) ? "DOUBLE" : "VARCHAR";
    list.push_back(fmt::format("CAST({} AS {})", quote_identifier(column.name), type));
  }
  return join(list);
}

bool are_whole(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return value == std::floor(value); });
}

void fill_bins(NumberProfile& profile, const std::vector<double>& values, size_t bin_count_max) {
  const auto most = static_cast<double>(bin_count_max);
  const double range = profile.max - profile.min;
  double bin_count = most;
  if (are_whole(values) && range < 1e15) {
    profile.width = std::max(1.0, std::ceil((range + 1) / most));
    profile.low = profile.min - 0.5;
    bin_count = std::ceil((range + 1) / profile.width);
  } else if (range > 0 && std::isfinite(range)) {
    profile.low = profile.min;
    profile.width = range / most;
  } else {
    profile.low = profile.min;
    bin_count = 1;
  }
  profile.counts.assign(static_cast<size_t>(bin_count), 0);
  for (const double value : values) {
    const double bin = std::floor((value - profile.low) / profile.width);
    ++profile.counts[static_cast<size_t>(std::clamp(bin, 0.0, bin_count - 1))];
  }
}

NumberProfile profile_of(std::vector<double> values, size_t bin_count_max) {
  NumberProfile profile;
  const auto [min, max] = std::minmax_element(values.begin(), values.end());
  profile.min = *min;
  profile.max = *max;
  const auto count = static_cast<double>(values.size());
  // Each share by itself: the sum of large values may be infinite.
  profile.mean = std::accumulate(values.begin(), values.end(), 0.0,
                                 [count](double sum, double value) { return sum + value / count; });
  fill_bins(profile, values, bin_count_max);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  profile.median = *middle;
  if (values.size() % 2 == 0) profile.median = *middle / 2 + *std::max_element(values.begin(), middle) / 2;
  return profile;
}

// What is kept of a column while its rows come by.
class Spread {
 public:
  Spread(engine::Column column, const ProfileLimits& limits) : limits_(limits) {
    profile_.is_time = tidemill::pipeline::is_time(column.type);
    has_numbers_ = profile_.is_time || is_number(column.type);
    profile_.column = std::move(column);
  }

  void add(const engine::Batch& batch, size_t column) {
    profile_.row_count += batch.row_count();
    has_numbers_ ? add_numbers(batch, column) : add_texts(batch, column);
  }

  ColumnProfile finish() {
    if (!numbers_.empty()) profile_.numbers = profile_of(std::move(numbers_), limits_.bin_count);
    if (!texts_.empty()) profile_.texts = most_frequent();
    return std::move(profile_);
  }

 private:
  void add_numbers(const engine::Batch& batch, size_t column) {
    const size_t before = numbers_.size();
    numbers_.resize(before + batch.row_count());
    batch.copy_doubles(column, numbers_.data() + before);
    const auto end = std::remove_if(numbers_.begin() + static_cast<std::ptrdiff_t>(before), numbers_.end(),
                                    [](double value) { return !std::isfinite(value); });
    profile_.null_count += static_cast<uint64_t>(numbers_.end() - end);
    numbers_.erase(end, numbers_.end());
  }

  void add_texts(const engine::Batch& batch, size_t column) {
    for (size_t row = 0; row < batch.row_count(); ++row) {
      if (batch.is_null(column, row)) {
        ++profile_.null_count;
        continue;
      }
      std::string text(batch.string_at(column, row).substr(0, limits_.text_size_bytes));
      const auto known = texts_.find(text);
      if (known != texts_.end()) {
        ++known->second;
      } else if (texts_.size() < limits_.distinct_count) {
        texts_.emplace(std::move(text), 1);
      } else {
        has_more_texts_ = true;
      }
    }
  }

  TextProfile most_frequent() {
    TextProfile profile;
    profile.distinct_count = texts_.size();
    profile.distinct_is_exact = !has_more_texts_;
    profile.most_frequent.assign(texts_.begin(), texts_.end());
    const size_t kept = std::min(limits_.frequent_count, texts_.size());
    std::partial_sort(profile.most_frequent.begin(),
                      profile.most_frequent.begin() + static_cast<std::ptrdiff_t>(kept),
                      profile.most_frequent.end(), [](const auto& a, const auto& b) {
                        return a.second != b.second ? a.second > b.second : a.first < b.first;
                      });
    profile.most_frequent.resize(kept);
    return profile;
  }

  ProfileLimits limits_;
  ColumnProfile profile_;
  bool has_numbers_ = false, has_more_texts_ = false;
  std::vector<double> numbers_;
  std::unordered_map<std::string, uint64_t> texts_;
};

}  // namespace

std::vector<ColumnProfile> profile_columns(engine::Session& session, const std::string& parquet_uri,
                                           const std::vector<engine::Column>& columns,
                                           const ProfileLimits& limits) {
  std::vector<ColumnProfile> profiles;
  if (columns.empty()) return profiles;
  std::vector<Spread> spreads;
  spreads.reserve(columns.size());
  for (const engine::Column& column : columns) spreads.emplace_back(column, limits);
  const auto stream =
      session.query(fmt::format("SELECT {} FROM read_parquet({}, hive_partitioning = false) LIMIT {}",
                                select_list(columns), quote_literal(parquet_uri), limits.row_count));
  while (const engine::Batch* batch = stream->next()) {
    for (size_t c = 0; c < spreads.size(); ++c) spreads[c].add(*batch, c);
  }
  profiles.reserve(spreads.size());
  for (Spread& spread : spreads) profiles.push_back(spread.finish());
  return profiles;
}

}  // namespace tidemill::pipeline
