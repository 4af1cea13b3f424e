#pragma once
// train.parquet and test.parquet, column by column.

#include <filesystem>
#include <functional>
#include <vector>

#include "engine/parquet/file_writer.h"
#include "pipeline/prepare/fit.h"

namespace tidemill::pipeline {

class PreparedFiles {
 public:
  PreparedFiles(const PrepareContext& context, const std::filesystem::path& dir);

  // A column of both files: makes the chunk of the rows at positions [begin, end) (see Window::position).
  struct Column {
    size_t number = 0;  // in the files
    std::function<engine::parquet::ColumnChunk(size_t begin, size_t end)> encode;
  };
  // Encodes with options.thread_count threads and writes in order: the bytes depend only on the order of the
  // columns over all calls.
  void add(const std::vector<Column>& columns);

  // The key, as column 0, read from the raw data. Integers stay integers, everything else becomes text.
  void add_keys(const std::string& key_type);

  void finish(const std::vector<engine::parquet::ColumnSpec>& columns);

 private:
  struct Piece {  // a row group of one of the files
    engine::parquet::FileWriter* file;
    size_t row_group;
    size_t begin, end;  // positions
  };

  const PrepareContext& context_;
  engine::parquet::FileWriter train_, test_;
  std::vector<Piece> pieces_;  // of train, then of test
};

engine::parquet::ColumnType key_column_type(const std::string& key_type);

}  // namespace tidemill::pipeline
