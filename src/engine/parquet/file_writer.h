#pragma once
// A Parquet file from column chunks. DuckDB's own COPY puts row group borders where its threads happen to
// meet (with a filter: other bytes with one thread than with two, and near the border by timing); here they
// are where the caller says, and chunks can be encoded in parallel.

#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "engine/parquet/column_chunk.h"

namespace tidemill::engine::parquet {

enum class ColumnType { kDouble, kTinyint, kInteger, kBigint, kText };

struct ColumnSpec {
  std::string name;
  ColumnType type = ColumnType::kDouble;
};

class FileWriter {
 public:
  // Errors: as throw_system_error, from here on and at every call; the file is then unusable.
  explicit FileWriter(std::filesystem::path path);

  // Chunks lie in the file in the order of these calls, whichever row group and column they belong to: the
  // same order gives the same bytes. Each (row group, column) once.
  void append(size_t row_group, size_t column, const ColumnChunk& chunk);

  // Writes the footer. `columns` in the order of their numbers; every row group must have every column with
  // equal numbers of values.
  void finish(const std::vector<ColumnSpec>& columns);

 private:
  struct Placed {
    int64_t offset = -1;
    int64_t size = 0;
    int64_t uncompressed_size = 0;
    int64_t value_count = 0;
    int64_t data_page_offset = 0;  // into the chunk
    bool is_compressed = false;
  };

  void write(const std::string& bytes);
  std::string footer(const std::vector<ColumnSpec>& columns) const;
  const Placed& placed(size_t row_group, size_t column) const;

  std::filesystem::path path_;
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  int64_t position_ = 0;
  std::vector<std::vector<Placed>> row_groups_;
};

}  // namespace tidemill::engine::parquet
