#include "engine/duckdb/duckdb_result.h"

#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "engine/duckdb/duckdb_types.h"

namespace tidemill::engine::duckdb {
namespace {

constexpr int64_t kDayMicros = 86'400'000'000;

double to_double(duckdb_hugeint value) {
  return duckdb_hugeint_to_double(value);
}
double to_double(duckdb_uhugeint value) {
  return duckdb_uhugeint_to_double(value);
}

template <typename T>
double to_double(T value) {
  return static_cast<double>(value);
}

template <typename T>
int64_t to_int64(T value) {
  return static_cast<int64_t>(value);
}
int64_t to_int64(duckdb_hugeint value) {
  return static_cast<int64_t>(value.lower);
}
int64_t to_int64(duckdb_uhugeint value) {
  return static_cast<int64_t>(value.lower);
}

// Calls visit(pointer to the column's values) with the type they are stored in, and the microseconds that one
// unit stands for (times a numerator over a denominator) where it is a time. False when it is not a number.
template <typename Visit>
bool visit_numbers(duckdb_type type, const void* data, Visit visit) {
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN:
      // As bytes: under a null lies whatever was there before, which need not be a bool.
      return visit(static_cast<const uint8_t*>(data), 1, 1), true;
    case DUCKDB_TYPE_TINYINT:
      return visit(static_cast<const int8_t*>(data), 1, 1), true;
    case DUCKDB_TYPE_SMALLINT:
      return visit(static_cast<const int16_t*>(data), 1, 1), true;
    case DUCKDB_TYPE_INTEGER:
      return visit(static_cast<const int32_t*>(data), 1, 1), true;
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_TIMESTAMP:
    case DUCKDB_TYPE_TIMESTAMP_TZ:
    case DUCKDB_TYPE_TIME:
      return visit(static_cast<const int64_t*>(data), 1, 1), true;
    case DUCKDB_TYPE_UTINYINT:
      return visit(static_cast<const uint8_t*>(data), 1, 1), true;
    case DUCKDB_TYPE_USMALLINT:
      return visit(static_cast<const uint16_t*>(data), 1, 1), true;
    case DUCKDB_TYPE_UINTEGER:
      return visit(static_cast<const uint32_t*>(data), 1, 1), true;
    case DUCKDB_TYPE_UBIGINT:
      return visit(static_cast<const uint64_t*>(data), 1, 1), true;
    case DUCKDB_TYPE_FLOAT:
      return visit(static_cast<const float*>(data), 1, 1), true;
    case DUCKDB_TYPE_DOUBLE:
      return visit(static_cast<const double*>(data), 1, 1), true;
    case DUCKDB_TYPE_HUGEINT:
      return visit(static_cast<const duckdb_hugeint*>(data), 1, 1), true;
    case DUCKDB_TYPE_UHUGEINT:
      return visit(static_cast<const duckdb_uhugeint*>(data), 1, 1), true;
    case DUCKDB_TYPE_DATE:
      return visit(static_cast<const int32_t*>(data), kDayMicros, 1), true;
    case DUCKDB_TYPE_TIMESTAMP_S:
      return visit(static_cast<const int64_t*>(data), 1'000'000, 1), true;
    case DUCKDB_TYPE_TIMESTAMP_MS:
      return visit(static_cast<const int64_t*>(data), 1000, 1), true;
    case DUCKDB_TYPE_TIMESTAMP_NS:
      return visit(static_cast<const int64_t*>(data), 1, 1000), true;
    default:
      return false;
  }
}

[[noreturn]] void refuse(const Column& column, const char* wanted) {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("column '{}' of type {} cannot be read as {}: convert it with CAST", column.name,
                          column.type, wanted));
}

}  // namespace

ColumnLayout layout_of(duckdb_logical_type logical) {
  ColumnLayout layout;
  layout.type = duckdb_get_type_id(logical);
  if (layout.type == DUCKDB_TYPE_DECIMAL) {
    layout.is_decimal = true;
    layout.decimal_divisor = std::pow(10.0, duckdb_decimal_scale(logical));
    layout.type = duckdb_decimal_internal_type(logical);
  } else if (layout.type == DUCKDB_TYPE_ENUM) {
    layout.is_enum = true;
    layout.type = duckdb_enum_internal_type(logical);
    for (uint32_t i = 0; i < duckdb_enum_dictionary_size(logical); ++i) {
      char* value = duckdb_enum_dictionary_value(logical, i);
      layout.enum_values.emplace_back(value);
      duckdb_free(value);
    }
  }
  return layout;
}

void DuckdbBatch::view(duckdb_data_chunk chunk) {
  row_count_ = duckdb_data_chunk_get_size(chunk);
  vectors_.clear();
  for (size_t c = 0; c < layouts_.size(); ++c) {
    const duckdb_vector vector = duckdb_data_chunk_get_vector(chunk, c);
    vectors_.push_back({duckdb_vector_get_data(vector), duckdb_vector_get_validity(vector)});
  }
}

template <typename Out, typename Convert>
void DuckdbBatch::copy(size_t column, Out* out, Out null_value, Convert convert) const {
  const ColumnLayout& layout = layouts_[column];
  const Vector& vector = vectors_[column];
  const bool is_number = !layout.is_enum && visit_numbers(layout.type, vector.data,
                                                          [&](const auto* values, auto times, auto over) {
                                                            for (size_t i = 0; i < row_count_; ++i)
                                                              out[i] = convert(values[i], times, over);
                                                          });
  if (!is_number) refuse(columns_[column], "a number");
  if (vector.validity == nullptr) return;
  for (size_t i = 0; i < row_count_; ++i) {
    if ((vector.validity[i / 64] >> (i % 64) & 1) == 0) out[i] = null_value;
  }
}

void DuckdbBatch::copy_doubles(size_t column, double* out) const {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double divisor = layouts_[column].decimal_divisor;
  if (layouts_[column].is_decimal) {
    return copy(column, out, nan, [divisor](auto value, auto, auto) { return to_double(value) / divisor; });
  }
  copy(column, out, nan, [](auto value, auto times, auto over) {
    return to_double(value) * static_cast<double>(times) / static_cast<double>(over);
  });
}

void DuckdbBatch::copy_int64s(size_t column, int64_t* out, int64_t null_value) const {
  const ColumnLayout& layout = layouts_[column];
  if (layout.is_decimal || layout.type == DUCKDB_TYPE_FLOAT || layout.type == DUCKDB_TYPE_DOUBLE) {
    refuse(columns_[column], "an integer");
  }
  copy(column, out, null_value, [](auto value, int64_t times, int64_t over) {
    const int64_t scaled = to_int64(value) * times;
    return scaled / over - (scaled % over < 0 ? 1 : 0);
  });
}

bool DuckdbBatch::is_null(size_t column, size_t row) const {
  const uint64_t* validity = vectors_[column].validity;
  return validity != nullptr && (validity[row / 64] >> (row % 64) & 1) == 0;
}

std::string_view DuckdbBatch::string_at(size_t column, size_t row) const {
  if (is_null(column, row)) return {};
  const ColumnLayout& layout = layouts_[column];
  const void* data = vectors_[column].data;
  if (layout.is_enum) {
    switch (layout.type) {
      case DUCKDB_TYPE_UTINYINT:
        return layout.enum_values[static_cast<const uint8_t*>(data)[row]];
      case DUCKDB_TYPE_USMALLINT:
        return layout.enum_values[static_cast<const uint16_t*>(data)[row]];
      default:
        return layout.enum_values[static_cast<const uint32_t*>(data)[row]];
    }
  }
  if (layout.type != DUCKDB_TYPE_VARCHAR && layout.type != DUCKDB_TYPE_BLOB) refuse(columns_[column], "text");
  const duckdb_string_t& text = static_cast<const duckdb_string_t*>(data)[row];
  const uint32_t length = text.value.inlined.length;
  constexpr uint32_t kInlinedMax = 12;
  return {length <= kInlinedMax ? text.value.inlined.inlined : text.value.pointer.ptr, length};
}

void DuckdbResultStream::bind_columns() {
  const idx_t count = duckdb_column_count(result());
  for (idx_t c = 0; c < count; ++c) {
    const LogicalType type(duckdb_column_logical_type(result(), c));
    columns_.push_back({duckdb_column_name(result(), c), type_name(type.get())});
    layouts_.push_back(layout_of(type.get()));
  }
}

const Batch* DuckdbResultStream::next() {
  duckdb_data_chunk chunk = duckdb_fetch_chunk(*result());
  if (chunk == nullptr) {
    const char* message = duckdb_result_error(result());
    if (message != nullptr) throw to_error(message);
    return nullptr;
  }
  chunk_.reset(chunk);
  batch_.view(chunk);
  return &batch_;
}

}  // namespace tidemill::engine::duckdb
