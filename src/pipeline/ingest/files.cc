#include "pipeline/ingest/files.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/ingest/column_types.h"

namespace tidemill::pipeline {
namespace {

// What the engine's message holds when a value does not fit its column.
constexpr std::string_view kMisfit = "a value does not fit its column";

class DayOfFiles {
 public:
  DayOfFiles(const IngestOptions& options, const FilesSource& source, Date date,
             std::vector<FileContent> contents, const std::optional<HeldSchema>& held,
             engine::Session& session)
      : options_(options),
        source_(source),
        date_(date),
        contents_(std::move(contents)),
        held_(held),
        session_(session) {}

  std::vector<engine::Column> write(const std::filesystem::path& path) {
    check_names_agree();
    for (const FileContent& content : contents_) check_named_columns(content);
    columns_ = held_ ? held_->columns : infer();
    require_numeric_target(options_.roles, columns_, contents_[0].file.name);
    if (picks_rows_by_date()) check_dates();
    copy_to(path);
    check_texts_are_no_numbers(path);
    return columns_;
  }

 private:
  bool picks_rows_by_date() const { return !has_date_in_path(source_); }

  void check_names_agree() const {
    const HeldSchema reference = held_ ? *held_ : HeldSchema{contents_[0].file.name, contents_[0].columns};
    for (const FileContent& content : contents_) {
      if (same_names(content.columns, reference.columns)) continue;
      // CSV says no types: show those that its values have.
      const HeldSchema shown = held_ ? reference : HeldSchema{reference.place, types_in(contents_[0])};
      throw schema_changed(shown, content.file.name, types_in(content),
                           [](const std::string&) { return ""; });
    }
  }

  // What the project file names must be there and make sense.
  void check_named_columns(const FileContent& content) const {
    const std::string& place = content.file.name;
    require_roles(options_.roles, content.columns, place);
    if (picks_rows_by_date())
      require_column(content.columns, source_.date_column, "source.date_column", place);
    for (const auto& [name, type] : source_.types) {
      require_column(content.columns, name, "source.types", place);
      const std::vector<std::string>& known = raw_column_types();
      if (std::find(known.begin(), known.end(), type) == known.end()) {
        throw Error(ErrorCode::kInvalidArgument,
                    fmt::format("source.types: '{}' is no type for column '{}'; known: {}{}", type, name,
                                join(known), did_you_mean(type, known)));
      }
    }
  }

  // The type a column has whatever its values look like, "" when they decide.
  std::string given_type(const std::string& column, const FileContent& content) const {
    if (const auto given = source_.types.find(column); given != source_.types.end()) return given->second;
    if (column == options_.roles.time) return "TIMESTAMP";
    if (column == options_.roles.key && content.file.format == FileFormat::kCsv) return "VARCHAR";
    return "";
  }

  // SQL for the value of a column of this file in `raw_type`; NULL where it does not fit.
  std::string value_sql(const FileContent& content, const engine::Column& column,
                        const std::string& raw_type) const {
    const std::string name = quote_identifier(column.name);
    if (!content.is_text) {
      const bool is_text_time = column.name == options_.roles.time && column.type == "VARCHAR";
      return is_text_time ? text_as(raw_type, name) : typed_as(raw_type, column.type, name);
    }
    // In JSON 12 and "12" are not the same.
    const std::optional<std::string> said = column.type.empty() ? std::nullopt : raw_type_of(column.type);
    if (said && is_numeric(*said) != is_numeric(raw_type)) return fmt::format("CAST(NULL AS {})", raw_type);
    if (said && is_numeric(*said) && (*said == "BOOLEAN") != (raw_type == "BOOLEAN")) {
      return fmt::format("CAST(NULL AS {})", raw_type);
    }
    return text_as(raw_type, name);
  }

  // The columns of one file with the types its values have.
  std::vector<engine::Column> types_in(const FileContent& content) const {
    std::vector<engine::Column> columns;
    std::vector<std::string> counts;
    for (const engine::Column& column : content.columns) {
      std::string type = given_type(column.name, content);
      if (type.empty() && !content.is_text) type = *raw_type_of(column.type);
      columns.push_back({column.name, type});
      if (!type.empty()) continue;
      counts.push_back(fmt::format("count({})", quote_identifier(column.name)));
      for (const std::string& candidate : raw_column_types()) {
        counts.push_back(fmt::format("count({})", value_sql(content, column, candidate)));
      }
    }
    if (counts.empty()) return columns;
    const std::vector<int64_t> values = query_counts(counts, content.from_sql);
    auto next = values.begin();
    for (engine::Column& column : columns) {
      if (!column.type.empty()) continue;
      const auto text_count = static_cast<uint64_t>(*next++);
      const std::vector<uint64_t> fitting(next, next + static_cast<ptrdiff_t>(raw_column_types().size()));
      next += static_cast<ptrdiff_t>(fitting.size());
      column.type = narrowest_type(text_count, fitting);
      // Said below, by the check of the rows: that it has no value, not that it has the wrong type.
      if (text_count == 0 && column.name == options_.roles.target) column.type = "DOUBLE";
    }
    return columns;
  }

  std::vector<engine::Column> infer() const {
    std::vector<engine::Column> columns = types_in(contents_[0]);
    for (size_t f = 1; f < contents_.size(); ++f) {
      const std::vector<engine::Column> others = types_in(contents_[f]);
      for (engine::Column& column : columns) {
        const std::string& other = find_column(others, column.name)->type;
        if (const auto both = common_type(column.type, other)) {
          column.type = *both;
        } else if (contents_[f].is_text) {
          column.type = "VARCHAR";
        } else {
          throw schema_changed(
              {contents_[0].file.name, columns}, contents_[f].file.name, others,
              [&](const std::string& name) { return name == column.name ? "another type" : ""; });
        }
      }
    }
    return columns;
  }

  std::string date_sql(const FileContent& content) const {
    const engine::Column& column = *find_column(content.columns, source_.date_column);
    const bool is_text = content.is_text || column.type == "VARCHAR";
    const std::string name = quote_identifier(column.name);
    return fmt::format("CAST({} AS DATE)",
                       is_text ? text_as("TIMESTAMP", name) : typed_as("TIMESTAMP", column.type, name));
  }

  void check_dates() const {
    int64_t of_the_day = 0;
    for (const FileContent& content : contents_) {
      const std::string date = date_sql(content);
      const std::vector<int64_t> counts =
          query_counts({fmt::format("count(*) FILTER ({} IS NULL)", date),
                        fmt::format("count(*) FILTER ({} = DATE '{}')", date, date_.to_string())},
                       content.from_sql);
      if (counts[0] > 0) {
        throw Error(
            ErrorCode::kInvalidArgument,
            fmt::format("{}: {} rows have no date in column '{}' (ISO 8601, as {}), so they belong to no day",
                        content.file.name, counts[0], source_.date_column, date_.to_string()));
      }
      of_the_day += counts[1];
    }
    if (of_the_day == 0) {
      throw Error(ErrorCode::kNotFound, fmt::format("no data for {0}: no row of {1} has {0} in column '{2}'",
                                                    date_.to_string(), source_.glob, source_.date_column));
    }
  }

  void copy_to(const std::filesystem::path& path) {
    std::vector<std::string> selects;
    for (const FileContent& content : contents_) {
      std::vector<std::string> values;
      for (const engine::Column& column : columns_) {
        const engine::Column& source = *find_column(content.columns, column.name);
        const std::string name = quote_identifier(column.name);
        const std::string value = value_sql(content, source, column.type);
        values.push_back(value == name
                             ? name
                             : fmt::format("CASE WHEN {0} IS NOT NULL AND {1} IS NULL THEN error('{2}') "
                                           "ELSE {1} END AS {0}",
                                           name, value, kMisfit));
      }
      selects.push_back(
          fmt::format("SELECT {} FROM {}{}", join(values), content.from_sql, where_sql(content)));
    }
    try {
      session_.execute(fmt::format("COPY ({}) TO {} (FORMAT parquet, COMPRESSION zstd)",
                                   join(selects, " UNION ALL "), quote_literal(path.string())));
    } catch (const Error& error) {
      if (error.message().find(kMisfit) == std::string::npos) throw reading_error(error, contents_);
      for (const FileContent& content : contents_) report_misfits(content);
      throw;
    }
  }

  std::string where_sql(const FileContent& content) const {
    if (!picks_rows_by_date()) return "";
    return fmt::format(" WHERE {} = DATE '{}'", date_sql(content), date_.to_string());
  }

  // Throws when a value of this file does not fit.
  void report_misfits(const FileContent& content) const {
    std::map<std::string, std::string> notes;
    for (const engine::Column& column : columns_) {
      const engine::Column& source = *find_column(content.columns, column.name);
      const std::string name = quote_identifier(column.name);
      const auto rows = session_.query(
          fmt::format("SELECT CAST({0} AS VARCHAR) FROM {1}{2}{3} {0} IS NOT NULL AND {4} "
                      "IS NULL LIMIT 1",
                      name, content.from_sql, where_sql(content), picks_rows_by_date() ? " AND" : " WHERE",
                      value_sql(content, source, column.type)));
      const engine::Batch* batch = rows->next();
      if (batch == nullptr || batch->row_count() == 0) continue;
      constexpr size_t kShown = 40;
      notes[column.name] =
          fmt::format("{:?} is no {}", std::string(batch->string_at(0, 0).substr(0, kShown)), column.type);
    }
    if (notes.empty()) return;
    if (!held_) {
      const auto& [name, note] = *notes.begin();
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("{}: {} (column '{}')", content.file.name, note, name));
    }
    std::vector<engine::Column> arriving = types_in(content);
    for (engine::Column& column : arriving) {
      // What fits has the column's type, whatever else it could be.
      if (!notes.contains(column.name)) column.type = find_column(columns_, column.name)->type;
    }
    throw schema_changed(*held_, content.file.name, arriving, [&](const std::string& name) {
      const auto found = notes.find(name);
      return found == notes.end() ? "" : found->second;
    });
  }

  // CSV has no types, so numbers fit a text column; a column that was text and now is numbers alone has
  // changed all the same.
  void check_texts_are_no_numbers(const std::filesystem::path& path) const {
    if (!held_ || contents_[0].file.format != FileFormat::kCsv) return;
    std::vector<std::string> names, counts;
    for (const engine::Column& column : columns_) {
      if (column.type != "VARCHAR" || column.name == options_.roles.key ||
          source_.types.contains(column.name)) {
        continue;
      }
      const std::string name = quote_identifier(column.name);
      names.push_back(column.name);
      counts.push_back(fmt::format("count({})", name));
      counts.push_back(fmt::format("count({})", text_as("DOUBLE", name)));
    }
    if (names.empty()) return;
    const std::vector<int64_t> values =
        query_counts(counts, fmt::format("read_parquet({})", quote_literal(path.string())));
    for (size_t i = 0; i < names.size(); ++i) {
      if (values[2 * i] == 0 || values[2 * i] != values[2 * i + 1]) continue;
      throw schema_changed(
          *held_, contents_[0].file.name, types_in(contents_[0]), [&](const std::string& name) {
            return name == names[i] ? "all values are numbers: as texts they need a type in source.types"
                                    : "";
          });
    }
  }

  std::vector<int64_t> query_counts(const std::vector<std::string>& counts,
                                    const std::string& from_sql) const {
    try {
      const auto rows = session_.query(fmt::format("SELECT {} FROM {}", join(counts), from_sql));
      const engine::Batch* batch = rows->next();
      std::vector<int64_t> values(counts.size());
      for (size_t i = 0; i < counts.size(); ++i) batch->copy_int64s(i, &values[i], 0);
      return values;
    } catch (const Error& error) {
      throw reading_error(error, contents_);
    }
  }

  const IngestOptions& options_;
  const FilesSource& source_;
  Date date_;
  std::vector<FileContent> contents_;
  const std::optional<HeldSchema>& held_;
  engine::Session& session_;
  std::vector<engine::Column> columns_;
};

}  // namespace

std::vector<engine::Column> write_day_of_files(const IngestOptions& options, const FilesSource& source,
                                               Date date, const std::vector<LandingFile>& files,
                                               const std::optional<HeldSchema>& held,
                                               engine::Session& session, const std::filesystem::path& path) {
  std::vector<FileContent> contents;
  for (const LandingFile& file : files) contents.push_back(look_into(file, session));
  return DayOfFiles(options, source, date, std::move(contents), held, session).write(path);
}

}  // namespace tidemill::pipeline
