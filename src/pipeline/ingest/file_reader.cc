#include "pipeline/ingest/file_reader.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/ingest/column_types.h"

namespace tidemill::pipeline {
namespace {

[[noreturn]] void refuse(const LandingFile& file, const std::string& fault) {
  throw Error(ErrorCode::kInvalidArgument, fmt::format("{} {}", file.name, fault));
}

std::string first_line(const LandingFile& file, engine::Session& session) {
  // The delimiter is a character that text does not have, so that the line stays whole.
  const auto lines = session.query(fmt::format(
      "SELECT line FROM read_csv({}, header = false, auto_detect = false, hive_partitioning = false, "
      "columns = {{'line': 'VARCHAR'}}, delim = '\x01', quote = '', escape = '') LIMIT 1",
      quote_literal(file.path.string())));
  const engine::Batch* batch = lines->next();
  if (batch == nullptr || batch->row_count() == 0 || batch->is_null(0, 0)) refuse(file, "has no header line");
  return std::string(batch->string_at(0, 0));
}

struct Header {
  char delimiter = ',';
  std::vector<std::string> names;
};

// The delimiter that stands most often outside quotes; a file of one column has none.
Header parse_header(const std::string& line) {
  constexpr std::array kDelimiters = {',', ';', '\t', '|'};
  std::array<size_t, kDelimiters.size()> counts{};
  bool quoted = false;
  for (const char c : line) {
    if (c == '"') quoted = !quoted;
    for (size_t d = 0; d < kDelimiters.size(); ++d) counts[d] += !quoted && c == kDelimiters[d];
  }
  Header header;
  header.delimiter =
      kDelimiters[static_cast<size_t>(std::max_element(counts.begin(), counts.end()) - counts.begin())];
  quoted = false;
  std::string name;
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '"') {
      if (quoted && i + 1 < line.size() && line[i + 1] == '"')
        name += line[i++];
      else
        quoted = !quoted;
    } else if (line[i] == header.delimiter && !quoted) {
      header.names.push_back(std::exchange(name, ""));
    } else {
      name += line[i];
    }
  }
  header.names.push_back(name);
  return header;
}

// SQL compares names without regard to case, so "Age" and "age" are one column to it.
void check_names(const LandingFile& file, const std::vector<engine::Column>& columns) {
  const auto lower = [](std::string text) {
    std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
  };
  std::vector<std::string> seen;
  for (size_t i = 0; i < columns.size(); ++i) {
    const std::string& name = columns[i].name;
    if (name.empty()) {
      refuse(file,
             fmt::format("has a column without a name (number {}); pandas writes one for its index unless "
                         "to_csv gets index=False",
                         i + 1));
    }
    if (std::find(seen.begin(), seen.end(), lower(name)) != seen.end()) {
      refuse(file, fmt::format("has two columns named '{}'", name));
    }
    seen.push_back(lower(name));
  }
}

std::vector<engine::Column> describe(const std::string& from_sql, engine::Session& session) {
  std::vector<engine::Column> columns;
  const auto rows = session.query("DESCRIBE SELECT * FROM " + from_sql);
  while (const engine::Batch* batch = rows->next()) {
    for (size_t i = 0; i < batch->row_count(); ++i) {
      columns.push_back({std::string(batch->string_at(0, i)), std::string(batch->string_at(1, i))});
    }
  }
  return columns;
}

// {'name': 'VARCHAR', ...}
std::string as_text_columns(const std::vector<engine::Column>& columns) {
  std::vector<std::string> parts;
  for (const engine::Column& column : columns) parts.push_back(quote_literal(column.name) + ": 'VARCHAR'");
  return "{" + join(parts) + "}";
}

FileContent look_into_csv(const LandingFile& file, engine::Session& session) {
  const Header header = parse_header(first_line(file, session));
  FileContent content{file, "", true, {}};
  for (const std::string& name : header.names) content.columns.push_back({name, ""});
  check_names(file, content.columns);
  content.from_sql = fmt::format(
      "read_csv({}, header = true, auto_detect = false, columns = {}, delim = {}, quote = '\"', escape = "
      "'\"', "
      "strict_mode = true, hive_partitioning = false)",
      quote_literal(file.path.string()), as_text_columns(content.columns),
      quote_literal(std::string(1, header.delimiter)));
  return content;
}

FileContent look_into_json(const LandingFile& file, engine::Session& session) {
  const std::string options = fmt::format(
      "{}, format = 'newline_delimited', records = 'true', hive_partitioning = "
      "false",
      quote_literal(file.path.string()));
  FileContent content{file, "", true,
                      describe(fmt::format("read_json({}, sample_size = -1)", options), session)};
  check_names(file, content.columns);
  for (engine::Column& column : content.columns) {
    // A time of day or any other text that the engine recognises is text here; JSON is what it calls a column
    // that has no value or values of several types.
    if (column.type == "JSON") {
      column.type = "";
    } else if (!raw_type_of(column.type) && column.type.find_first_of("([") == std::string::npos) {
      column.type = "VARCHAR";
    } else if (!raw_type_of(column.type)) {
      refuse(file, fmt::format(
                       "has a nested value in column '{}' ({}): raw data holds one value a cell; flatten it",
                       column.name, column.type));
    }
  }
  content.from_sql = fmt::format("read_json({}, columns = {})", options, as_text_columns(content.columns));
  return content;
}

FileContent look_into_parquet(const LandingFile& file, engine::Session& session) {
  FileContent content{
      file,
      fmt::format("read_parquet({}, hive_partitioning = false)", quote_literal(file.path.string())),
      false,
      {}};
  content.columns = describe(content.from_sql, session);
  check_names(file, content.columns);
  for (const engine::Column& column : content.columns) {
    if (!raw_type_of(column.type)) {
      refuse(file,
             fmt::format("has column '{}' of type {}, which raw data cannot hold: leave it out, or write it "
                         "as one of {}",
                         column.name, column.type, join(raw_column_types())));
    }
  }
  return content;
}

}  // namespace

FileContent look_into(const LandingFile& file, engine::Session& session) {
  try {
    switch (file.format) {
      case FileFormat::kCsv:
        return look_into_csv(file, session);
      case FileFormat::kJsonLines:
        return look_into_json(file, session);
      case FileFormat::kParquet:
        break;
    }
    return look_into_parquet(file, session);
  } catch (const Error& error) {
    if (error.message().starts_with(file.name)) throw;
    throw reading_error(error, {FileContent{file, "", false, {}}});
  }
}

Error reading_error(const Error& error, const std::vector<FileContent>& files) {
  std::string text = error.message();
  for (const char* advice : {"\n\nPossible", "\nPossible", "\n Try setting"}) {
    if (const size_t at = text.find(advice); at != std::string::npos) text.resize(at);
  }
  std::vector<std::string> names;
  for (const FileContent& content : files) names.push_back(content.file.name);
  constexpr size_t kNamed = 3;
  const size_t more = names.size() > kNamed ? names.size() - kNamed : 0;
  names.resize(names.size() - more);
  return Error(error.code(), fmt::format("cannot read {}{}: {}", join(names),
                                         more > 0 ? fmt::format(" and {} more", more) : "", text));
}

}  // namespace tidemill::pipeline
