#include "metadata/postgres/values.h"

#include <charconv>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace tidemill::metadata::postgres {
namespace {

// Source: src/include/catalog/pg_type.dat.
constexpr Oid kUnknown = 0;
constexpr Oid kBool = 16;
constexpr Oid kInt8 = 20;
constexpr Oid kInt2 = 21;
constexpr Oid kInt4 = 23;
constexpr Oid kOid = 26;
constexpr Oid kFloat4 = 700;
constexpr Oid kFloat8 = 701;
constexpr Oid kNumeric = 1700;

template <typename Number>
bool parse(std::string_view text, Number& number) {
  const char* end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, number);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

Value value_from(Oid type, std::string_view text) {
  int64_t integer = 0;
  double real = 0;
  switch (type) {
    case kBool:
      return int64_t{text == "t" ? 1 : 0};
    case kInt2:
    case kInt4:
    case kInt8:
    case kOid:
      if (parse(text, integer)) return integer;
      break;
    case kNumeric:
      if (parse(text, integer)) return integer;
      [[fallthrough]];
    case kFloat4:
    case kFloat8:
      // from_chars knows "NaN", "Infinity" and "-Infinity" as PostgreSQL writes them.
      if (parse(text, real)) return real;
      break;
    default:
      return std::string(text);
  }
  throw Error(ErrorCode::kCorrupted, fmt::format("PostgreSQL gave '{}' for a number", text));
}

}  // namespace

BoundValues::BoundValues(const std::vector<Value>& values) {
  numbers_.reserve(values.size());  // or growing would move what is pointed to
  for (const Value& value : values) {
    const char* pointer = nullptr;
    Oid type = kUnknown;
    if (const auto* text = std::get_if<std::string>(&value)) {
      if (text->find('\0') != std::string::npos) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("PostgreSQL cannot keep a text with a NUL character: '{}'", text->c_str()));
      }
      pointer = text->c_str();
    } else if (const auto* integer = std::get_if<int64_t>(&value)) {
      pointer = numbers_.emplace_back(std::to_string(*integer)).c_str();
      type = kInt8;
    } else if (const auto* real = std::get_if<double>(&value)) {
      pointer = numbers_.emplace_back(format_double(*real)).c_str();
      type = kFloat8;
    }
    pointers_.push_back(pointer);
    types_.push_back(type);
    signature_ += type == kInt8 ? 'i' : type == kFloat8 ? 'r' : 't';
  }
}

std::vector<Row> rows_of(const PGresult* result) {
  const int row_count = pq().ntuples(result);
  const int column_count = pq().nfields(result);
  std::vector<Row> rows;
  rows.reserve(static_cast<size_t>(row_count));
  for (int row = 0; row < row_count; ++row) {
    std::vector<Value> values;
    values.reserve(static_cast<size_t>(column_count));
    for (int column = 0; column < column_count; ++column) {
      if (pq().getisnull(result, row, column) != 0) {
        values.emplace_back();
        continue;
      }
      const std::string_view text(pq().getvalue(result, row, column),
                                  static_cast<size_t>(pq().getlength(result, row, column)));
      values.push_back(value_from(pq().ftype(result, column), text));
    }
    rows.emplace_back(std::move(values));
  }
  return rows;
}

}  // namespace tidemill::metadata::postgres
