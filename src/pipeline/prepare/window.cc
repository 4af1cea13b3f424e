#include "pipeline/prepare/window.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace tidemill::pipeline {
namespace {

std::vector<size_t> starts_of(const std::vector<SplitDay>& days) {
  std::vector<size_t> starts = {0};
  for (const SplitDay& day : days) starts.push_back(starts.back() + day.raw.row_count);
  return starts;
}

std::string parquet_list(const std::vector<std::string>& files) {
  return "read_parquet([" + join(files) + "], hive_partitioning = false)";
}

}  // namespace

void RowSet::finish() {
  ranks_.reserve(words_.size());
  for (const uint64_t word : words_) {
    ranks_.push_back(static_cast<uint32_t>(count_));
    count_ += static_cast<size_t>(std::popcount(word));
  }
}

size_t RowSet::rank(size_t row) const {
  const uint64_t before = (uint64_t{1} << row % 64) - 1;
  return ranks_[row / 64] + static_cast<size_t>(std::popcount(words_[row / 64] & before));
}

Window::Window(std::vector<SplitDay> days, engine::Session& session, const storage::ObjectStore& store)
    : days_(std::move(days)), starts_(starts_of(days_)), train_(row_count()), test_(row_count()) {
  std::vector<std::string> splits;
  for (const SplitDay& day : days_) {
    files_.push_back(quote_literal(store.engine_uri(raw_prefix(day.date) + "/" + kRawFile)));
    splits.push_back(quote_literal(store.engine_uri(split_prefix(day.date) + "/" + kSplitFile)));
  }
  const auto stream = session.query("SELECT split FROM " + parquet_list(splits));
  std::vector<double> sides;
  size_t row = 0;
  while (const engine::Batch* batch = stream->next()) {
    sides.resize(batch->row_count());
    batch->copy_doubles(0, sides.data());
    for (const double side : sides) {
      if (row < row_count() && side == static_cast<double>(Side::kTrain)) train_.add(row);
      if (row < row_count() && side == static_cast<double>(Side::kTest)) test_.add(row);
      ++row;
    }
  }
  if (row != row_count()) {
    throw Error(ErrorCode::kCorrupted,
                fmt::format("splits/ hold {} rows for {} rows of raw data: remove the folder, it "
                            "is made again",
                            row, row_count()));
  }
  train_.finish();
  test_.finish();
}

std::string Window::source_sql() const {
  return parquet_list(files_);
}

std::vector<size_t> Window::positions(const engine::Batch& batch) const {
  const size_t count = batch.row_count();
  std::vector<int64_t> files(count), file_rows(count);
  batch.copy_int64s(0, files.data(), 0);
  batch.copy_int64s(1, file_rows.data(), 0);
  std::vector<size_t> positions(count);
  // Rows come in runs: their ranks are counted on from the first one's.
  size_t expected = SIZE_MAX, next_train = 0, next_test = 0;
  for (size_t i = 0; i < count; ++i) {
    const size_t at = row(files[i], file_rows[i]);
    if (at != expected) {
      next_train = train_.rank(at);
      next_test = train_.count() + test_.rank(at);
    }
    expected = at + 1;
    positions[i] = train_.contains(at) ? next_train++ : test_.contains(at) ? next_test++ : SIZE_MAX;
  }
  return positions;
}

const SplitDay& Window::day_of(size_t row) const {
  const auto next = std::upper_bound(starts_.begin(), starts_.end(), row);
  return days_[static_cast<size_t>(next - starts_.begin()) - 1];
}

}  // namespace tidemill::pipeline
