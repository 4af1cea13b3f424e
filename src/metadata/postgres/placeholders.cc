#include "metadata/postgres/placeholders.h"

namespace tidemill::metadata::postgres {
namespace {

// Where what begins at `start` ends: a literal, a quoted name, a comment, or one character.
size_t end_of_piece(std::string_view sql, size_t start) {
  const auto after = [&](std::string_view stop, size_t from) {
    const size_t found = sql.find(stop, from);
    return found == std::string_view::npos ? sql.size() : found + stop.size();
  };
  const char c = sql[start];
  // A doubled quote inside ends one piece and begins the next.
  if (c == '\'' || c == '"') return after(std::string_view(&c, 1), start + 1);
  if (sql.substr(start, 2) == "--") return after("\n", start);
  if (sql.substr(start, 2) == "/*") return after("*/", start + 2);
  return start + 1;
}

}  // namespace

NumberedSql with_numbered_placeholders(std::string_view sql) {
  NumberedSql numbered;
  numbered.text.reserve(sql.size() + 16);
  for (size_t start = 0; start < sql.size();) {
    const size_t end = end_of_piece(sql, start);
    if (sql[start] == '?') {
      numbered.text += '$';
      numbered.text += std::to_string(++numbered.parameter_count);
    } else {
      numbered.text += sql.substr(start, end - start);
    }
    start = end;
  }
  return numbered;
}

}  // namespace tidemill::metadata::postgres
