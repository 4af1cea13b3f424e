// Applying a preparation to rows: the functions of preparation.h that run SQL.
#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/preparation.h"

namespace tidemill::pipeline {
namespace {

bool same_name(const std::string& a, const std::string& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

const engine::Column* find(const std::vector<engine::Column>& columns, const std::string& name) {
  const auto found = std::find_if(columns.begin(), columns.end(),
                                  [&](const engine::Column& column) { return same_name(column.name, name); });
  return found == columns.end() ? nullptr : &*found;
}

// "(SELECT ...)" for a SELECT, the quoted name for the name of a table.
std::string as_source(const std::string& rows_sql) {
  const bool is_name = std::all_of(rows_sql.begin(), rows_sql.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c >= 0x80;
  });
  return is_name ? quote_identifier(rows_sql) : "(" + rows_sql + ")";
}

std::vector<engine::Column> columns_of(const std::string& source, engine::Session& session) {
  return session.query("SELECT * FROM " + source + " LIMIT 0")->columns();
}

void check_columns(const Preparation& preparation, const std::vector<engine::Column>& given) {
  std::vector<std::string> missing, needed;
  for (const engine::Column& column : preparation.raw_columns) {
    needed.push_back(column.name + " " + column.type);
    if (find(given, column.name) == nullptr) missing.push_back(column.name);
  }
  if (missing.empty()) return;
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("the rows have no column {}; needed are: {}", join(missing), join(needed)));
}

// After a conversion failed: says which column holds what.
void refuse_text_in_numbers(const Preparation& preparation, const std::vector<engine::Column>& given,
                            const std::string& source, engine::Session& session) {
  for (const engine::Column& column : preparation.raw_columns) {
    const engine::Column* have = find(given, column.name);
    if (have == nullptr || have->type == column.type) continue;
    const std::string name = quote_identifier(column.name);
    const auto stream = session.query(fmt::format(
        "SELECT CAST({0} AS VARCHAR) FROM {1} WHERE {0} IS NOT NULL AND TRY_CAST({0} AS {2}) IS NULL LIMIT 1",
        name, source, column.type));
    const engine::Batch* batch = stream->next();
    if (batch == nullptr || batch->row_count() == 0) continue;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("column '{}' is {} in the model, but the rows hold '{}'", column.name,
                            column.type, batch->string_at(0, 0)));
  }
}

void read_inputs(engine::ResultStream& stream, size_t input_count, FeatureRows& rows) {
  std::vector<double> column;
  while (const engine::Batch* batch = stream.next()) {
    const size_t count = batch->row_count();
    column.resize(count);
    rows.values.resize((rows.row_count + count) * input_count);
    for (size_t c = 0; c < input_count; ++c) {
      batch->copy_doubles(c, column.data());
      double* out = rows.values.data() + rows.row_count * input_count + c;
      for (size_t i = 0; i < count; ++i) out[i * input_count] = column[i];
    }
    rows.row_count += count;
  }
}

void read_keys(const std::string& key, const std::string& source, engine::Session& session,
               FeatureRows& rows) {
  const auto stream =
      session.query(fmt::format("SELECT CAST({} AS VARCHAR) FROM {}", quote_identifier(key), source));
  while (const engine::Batch* batch = stream->next()) {
    for (size_t i = 0; i < batch->row_count(); ++i) rows.keys.emplace_back(batch->string_at(0, i));
  }
}

}  // namespace

FeatureRows compute_features(const Preparation& preparation, const std::string& rows_sql,
                             engine::Session& session) {
  const std::string source = as_source(rows_sql);
  const std::vector<engine::Column> given = columns_of(source, session);
  check_columns(preparation, given);
  FeatureRows rows;
  try {
    const auto stream =
        session.query(fmt::format("WITH rows AS (SELECT * FROM {}) {}", source, preparation.feature_sql));
    read_inputs(*stream, preparation.preprocessing.input_count(), rows);
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kInvalidArgument)
      refuse_text_in_numbers(preparation, given, source, session);
    throw;
  }
  if (find(given, preparation.roles.key) != nullptr) read_keys(preparation.roles.key, source, session, rows);
  return rows;
}

std::string side_rows_sql(const Manifest& prepared, bool test_side, const storage::ObjectStore& store) {
  std::vector<std::string> raw, splits;
  for (const auto& [prefix, hash] : prepared.inputs) {
    if (prefix.starts_with("raw_data/"))
      raw.push_back(quote_literal(store.engine_uri(prefix + "/" + kRawFile)));
    if (prefix.starts_with("splits/"))
      splits.push_back(quote_literal(store.engine_uri(prefix + "/" + kSplitFile)));
  }
  return fmt::format(
      "SELECT r.* FROM read_parquet([{}], hive_partitioning = false) AS r POSITIONAL JOIN "
      "(SELECT split FROM read_parquet([{}], hive_partitioning = false)) AS s WHERE s.split = {}",
      join(raw), join(splits), test_side ? 1 : 0);
}

}  // namespace tidemill::pipeline
