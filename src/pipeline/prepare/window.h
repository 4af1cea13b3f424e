#pragma once
// The raw rows of a window of days, and which side each of them is on.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/prepare/splits.h"

namespace tidemill::pipeline {

// A bit for each row, with ranks. Cost: 1.5 bits of memory a row, some nanoseconds a question.
class RowSet {
 public:
  explicit RowSet(size_t row_count) : words_(row_count / 64 + 1) {}
  void add(size_t row) { words_[row / 64] |= uint64_t{1} << row % 64; }
  void finish();  // after the last add()

  bool contains(size_t row) const { return (words_[row / 64] >> row % 64 & 1) != 0; }
  size_t rank(size_t row) const;  // how many members come before `row`
  size_t count() const { return count_; }

 private:
  std::vector<uint64_t> words_;
  std::vector<uint32_t> ranks_;  // members before each word
  size_t count_ = 0;
};

// Rows are numbered through the days of the window.
class Window {
 public:
  // Reads the splits. Errors: kCorrupted when a split has another number of rows than its raw data.
  Window(std::vector<SplitDay> days, engine::Session& session, const storage::ObjectStore& store);

  const std::vector<SplitDay>& days() const { return days_; }
  size_t row_count() const { return starts_.back(); }
  const RowSet& train() const { return train_; }
  const RowSet& test() const { return test_; }

  // "read_parquet([...])" of the days' raw files in order. The rows' file_index and file_row_number make
  // their number.
  std::string source_sql() const;
  // Both arguments as they come in columns of a batch.
  size_t row(int64_t file_index, int64_t file_row) const {
    return starts_[static_cast<size_t>(file_index)] + static_cast<size_t>(file_row);
  }
  const SplitDay& day_of(size_t row) const;

  // position() of the rows of a batch whose first columns are file_index and file_row_number.
  std::vector<size_t> positions(const engine::Batch& batch) const;

  // Where rows stand in prepared order: train rows first, then test rows, each in the order of the window;
  // SIZE_MAX for rows on neither side.
  size_t position(size_t row) const {
    if (train_.contains(row)) return train_.rank(row);
    return test_.contains(row) ? train_.count() + test_.rank(row) : SIZE_MAX;
  }
  size_t used_count() const { return train_.count() + test_.count(); }

 private:
  std::vector<SplitDay> days_;
  std::vector<size_t> starts_;  // of each day, then the total
  std::vector<std::string> files_;
  RowSet train_, test_;
};

}  // namespace tidemill::pipeline
