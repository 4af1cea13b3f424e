#pragma once
// The key column of a prepared file, from rows that come in any order and from several threads.

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "engine/engine.h"
#include "engine/parquet/file_writer.h"

namespace tidemill::pipeline {

// Takes the rows at positions [begin, end), puts their keys in order and appends each row group as soon as it
// and all before it are complete. Memory: what has come out of order, in practice a row group for each
// thread.
class KeyColumn {
 public:
  KeyColumn(engine::parquet::FileWriter& file, bool is_integer, size_t begin, size_t end);

  // positions[i] is that of row i of the batch; positions outside of the column's are skipped.
  void take(const engine::Batch& batch, size_t column, const std::vector<size_t>& positions);

 private:
  struct RowGroup {
    std::vector<int64_t> numbers;
    std::vector<std::pair<size_t, std::string>> pieces;  // first place, its keys one after another
    std::vector<std::vector<uint32_t>> lengths;          // of the keys of each piece
    size_t missing = 0;                                  // rows that have not come yet
  };

  void add(size_t group, size_t first_place, std::string texts, std::vector<uint32_t> lengths,
           const std::vector<int64_t>& numbers);
  engine::parquet::ColumnChunk encode(RowGroup& group) const;
  void append_ready();

  engine::parquet::FileWriter& file_;
  const bool is_integer_;
  const size_t begin_, end_;
  std::mutex mutex_;
  std::map<size_t, RowGroup> filling_;                      // guarded by mutex_
  std::map<size_t, engine::parquet::ColumnChunk> encoded_;  // guarded by mutex_
  size_t next_group_ = 0;                                   // to append; guarded by mutex_
};

}  // namespace tidemill::pipeline
