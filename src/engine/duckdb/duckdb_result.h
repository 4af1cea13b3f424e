#pragma once
// Chunks of up to 2048 rows as the engine's batches, and a result streamed in them.

#include <vector>

#include "engine/duckdb/handles.h"
#include "engine/engine.h"

namespace tidemill::engine::duckdb {

struct ColumnLayout {
  duckdb_type type = DUCKDB_TYPE_INVALID;  // physical integer type for DECIMAL and ENUM
  bool is_decimal = false;
  bool is_enum = false;
  double decimal_divisor = 1;
  std::vector<std::string> enum_values;
};

ColumnLayout layout_of(duckdb_logical_type type);

// A view of a chunk that somebody else owns.
class DuckdbBatch final : public Batch {
 public:
  DuckdbBatch(const std::vector<Column>& columns, const std::vector<ColumnLayout>& layouts)
      : columns_(columns), layouts_(layouts) {}

  void view(duckdb_data_chunk chunk);

  size_t row_count() const override { return row_count_; }
  void copy_doubles(size_t column, double* out) const override;
  void copy_int64s(size_t column, int64_t* out, int64_t null_value) const override;
  bool is_null(size_t column, size_t row) const override;
  std::string_view string_at(size_t column, size_t row) const override;

 private:
  struct Vector {
    const void* data;
    const uint64_t* validity;  // nullptr when there are no nulls
  };
  template <typename Out, typename Convert>
  void copy(size_t column, Out* out, Out null_value, Convert convert) const;

  const std::vector<Column>& columns_;
  const std::vector<ColumnLayout>& layouts_;
  std::vector<Vector> vectors_;
  size_t row_count_ = 0;
};

class DuckdbResultStream final : public ResultStream {
 public:
  DuckdbResultStream() : batch_(columns_, layouts_) {}

  // Where the session puts the executed result; bind_columns() must follow.
  duckdb_result* result() { return result_.get(); }
  void bind_columns();

  const std::vector<Column>& columns() const override { return columns_; }
  const Batch* next() override;

 private:
  QueryResult result_;
  std::vector<Column> columns_;
  std::vector<ColumnLayout> layouts_;
  Chunk chunk_;
  DuckdbBatch batch_;
};

}  // namespace tidemill::engine::duckdb
