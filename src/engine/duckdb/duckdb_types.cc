#include "engine/duckdb/duckdb_types.h"

#include <string_view>

#include <fmt/format.h>

namespace tidemill::engine::duckdb {
namespace {

struct TypeRow {
  duckdb_type type;
  const char* name;
};

constexpr TypeRow kTypes[] = {
    {DUCKDB_TYPE_BOOLEAN, "BOOLEAN"},
    {DUCKDB_TYPE_TINYINT, "TINYINT"},
    {DUCKDB_TYPE_SMALLINT, "SMALLINT"},
    {DUCKDB_TYPE_INTEGER, "INTEGER"},
    {DUCKDB_TYPE_BIGINT, "BIGINT"},
    {DUCKDB_TYPE_UTINYINT, "UTINYINT"},
    {DUCKDB_TYPE_USMALLINT, "USMALLINT"},
    {DUCKDB_TYPE_UINTEGER, "UINTEGER"},
    {DUCKDB_TYPE_UBIGINT, "UBIGINT"},
    {DUCKDB_TYPE_FLOAT, "FLOAT"},
    {DUCKDB_TYPE_DOUBLE, "DOUBLE"},
    {DUCKDB_TYPE_TIMESTAMP, "TIMESTAMP"},
    {DUCKDB_TYPE_DATE, "DATE"},
    {DUCKDB_TYPE_TIME, "TIME"},
    {DUCKDB_TYPE_INTERVAL, "INTERVAL"},
    {DUCKDB_TYPE_HUGEINT, "HUGEINT"},
    {DUCKDB_TYPE_UHUGEINT, "UHUGEINT"},
    {DUCKDB_TYPE_VARCHAR, "VARCHAR"},
    {DUCKDB_TYPE_BLOB, "BLOB"},
    {DUCKDB_TYPE_TIMESTAMP_S, "TIMESTAMP_S"},
    {DUCKDB_TYPE_TIMESTAMP_MS, "TIMESTAMP_MS"},
    {DUCKDB_TYPE_TIMESTAMP_NS, "TIMESTAMP_NS"},
    {DUCKDB_TYPE_ENUM, "ENUM"},
    {DUCKDB_TYPE_STRUCT, "STRUCT"},
    {DUCKDB_TYPE_MAP, "MAP"},
    {DUCKDB_TYPE_UUID, "UUID"},
    {DUCKDB_TYPE_UNION, "UNION"},
    {DUCKDB_TYPE_BIT, "BIT"},
    {DUCKDB_TYPE_TIME_TZ, "TIME WITH TIME ZONE"},
    {DUCKDB_TYPE_TIMESTAMP_TZ, "TIMESTAMP WITH TIME ZONE"},
    {DUCKDB_TYPE_BIGNUM, "BIGNUM"},
    {DUCKDB_TYPE_SQLNULL, "\"NULL\""},
    {DUCKDB_TYPE_TIME_NS, "TIME_NS"},
};

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// DuckDB says the kind of error at the start of its message everywhere, as a type only in some places; and a
// full disk and a missing file are both an "IO Error".
ErrorCode code_of(std::string_view message) {
  if (message.starts_with("Out of Memory")) return ErrorCode::kResourceExhausted;
  if (message.starts_with("Permission Error")) return ErrorCode::kPermissionDenied;
  if (message.starts_with("HTTP Error") || message.starts_with("Connection Error")) {
    if (contains(message, "(HTTP 403") || contains(message, "(HTTP 401")) return ErrorCode::kPermissionDenied;
    return contains(message, "(HTTP 404") ? ErrorCode::kNotFound : ErrorCode::kUnavailable;
  }
  if (message.starts_with("IO Error") && contains(message, " error for HTTP "))
    return ErrorCode::kUnavailable;
  if (message.starts_with("INTERNAL Error") || message.starts_with("FATAL Error"))
    return ErrorCode::kInternal;
  if (!message.starts_with("IO Error")) return ErrorCode::kInvalidArgument;
  if (contains(message, "No space left") || contains(message, "Disk quota"))
    return ErrorCode::kResourceExhausted;
  if (contains(message, "Permission denied") || contains(message, "Read-only file system")) {
    return ErrorCode::kPermissionDenied;
  }
  if (contains(message, "No files found") || contains(message, "No such file")) return ErrorCode::kNotFound;
  return ErrorCode::kInvalidArgument;
}

// What a server adds stands below an empty line.
std::string in_one_line(std::string_view text) {
  std::string line;
  for (const char c : text) {
    if (c != '\n') {
      line += c;
    } else if (!line.ends_with(": ")) {
      line += ": ";
    }
  }
  return line.ends_with(": ") ? line.substr(0, line.size() - 2) : line;
}

}  // namespace

std::string type_name(duckdb_logical_type type) {
  const duckdb_type id = duckdb_get_type_id(type);
  if (id == DUCKDB_TYPE_DECIMAL) {
    return fmt::format("DECIMAL({},{})", duckdb_decimal_width(type), duckdb_decimal_scale(type));
  }
  if (id == DUCKDB_TYPE_LIST) return type_name(LogicalType(duckdb_list_type_child_type(type)).get()) + "[]";
  if (id == DUCKDB_TYPE_ARRAY) {
    return fmt::format("{}[{}]", type_name(LogicalType(duckdb_array_type_child_type(type)).get()),
                       duckdb_array_type_array_size(type));
  }
  for (const TypeRow& row : kTypes) {
    if (row.type == id) return row.name;
  }
  return "UNKNOWN";
}

LogicalType type_of_name(const std::string& name) {
  for (const TypeRow& row : kTypes) {
    if (name == row.name) return LogicalType(duckdb_create_logical_type(row.type));
  }
  throw Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is not a type without parameters", name));
}

Error to_error(const char* message) {
  std::string_view text = message != nullptr ? message : "the SQL engine failed without saying why";
  for (const char* tail : {"\n\nLINE ", "\n\nAuthentication Failure"}) {
    if (const size_t begin = text.find(tail); begin != std::string_view::npos) text = text.substr(0, begin);
  }
  const ErrorCode code = code_of(text);
  if (code != ErrorCode::kUnavailable) return Error(code, std::string(text));
  return Error(code,
               fmt::format("S3 for SQL: {}; see that the server runs and is not too busy, then try again",
                           in_one_line(text.substr(text.find(": ") + 2))));
}

}  // namespace tidemill::engine::duckdb
