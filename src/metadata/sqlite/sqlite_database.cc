#include "metadata/sqlite/sqlite_database.h"

#include <functional>
#include <unordered_map>

#include <fmt/format.h>

#include "base/error.h"
#include "metadata/sqlite/connection.h"
#include "metadata/sqlite/sqlite_error.h"

namespace tidemill::metadata::sqlite {
namespace {

struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

struct TextHash {
  using is_transparent = void;
  size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
};

// Texts made for one search would otherwise pile up.
constexpr size_t kMaxCachedStatements = 256;

// Gives a statement back to the cache as it was, whatever happened in between.
class InUse {
 public:
  explicit InUse(sqlite3_stmt* statement) : statement_(statement) {}
  InUse(const InUse&) = delete;
  InUse& operator=(const InUse&) = delete;
  ~InUse() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }

 private:
  sqlite3_stmt* statement_;
};

int bind(sqlite3_stmt* statement, int position, const Value& value) {
  if (const auto* integer = std::get_if<int64_t>(&value))
    return sqlite3_bind_int64(statement, position, *integer);
  if (const auto* real = std::get_if<double>(&value)) return sqlite3_bind_double(statement, position, *real);
  if (const auto* text = std::get_if<std::string>(&value)) {
    // The parameters outlive the step.
    return sqlite3_bind_text64(statement, position, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
  }
  return sqlite3_bind_null(statement, position);
}

Value column_value(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_INTEGER:
      return static_cast<int64_t>(sqlite3_column_int64(statement, column));
    case SQLITE_FLOAT:
      return sqlite3_column_double(statement, column);
    case SQLITE_NULL:
      return {};
    default: {
      const auto* text = static_cast<const char*>(sqlite3_column_blob(statement, column));
      const int size = sqlite3_column_bytes(statement, column);
      return std::string(text == nullptr ? "" : text, static_cast<size_t>(size));
    }
  }
}

class SqliteDatabase final : public Database {
 public:
  SqliteDatabase(Connection connection, std::string path)
      : path_(std::move(path)), connection_(std::move(connection)) {}

  int64_t execute(std::string_view sql, const std::vector<Value>& parameters) override {
    sqlite3_stmt* statement = prepare_bound(sql, parameters);
    const InUse in_use(statement);
    int code = sqlite3_step(statement);
    while (code == SQLITE_ROW) code = sqlite3_step(statement);
    if (code != SQLITE_DONE) throw_last_error(connection_.get(), path_, sql);
    return sqlite3_changes64(connection_.get());
  }

  std::vector<Row> query(std::string_view sql, const std::vector<Value>& parameters) override {
    sqlite3_stmt* statement = prepare_bound(sql, parameters);
    const InUse in_use(statement);
    std::vector<Row> rows;
    int code = sqlite3_step(statement);
    for (; code == SQLITE_ROW; code = sqlite3_step(statement)) {
      const int column_count = sqlite3_column_count(statement);
      std::vector<Value> values;
      values.reserve(static_cast<size_t>(column_count));
      for (int column = 0; column < column_count; ++column) values.push_back(column_value(statement, column));
      rows.emplace_back(std::move(values));
    }
    if (code != SQLITE_DONE) throw_last_error(connection_.get(), path_, sql);
    return rows;
  }

  void execute_script(std::string_view sql) override {
    const std::string text(sql);
    if (sqlite3_exec(connection_.get(), text.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
      throw_last_error(connection_.get(), path_, "");
    }
  }

  bool has_table(std::string_view name) override {
    return !query("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", {std::string(name)})
                .empty();
  }

  bool has_column(std::string_view table, std::string_view column) override {
    return !query("SELECT 1 FROM pragma_table_info(?) WHERE name = ?",
                  {std::string(table), std::string(column)})
                .empty();
  }

  std::string uri() const override { return "sqlite:" + path_; }
  Dialect dialect() const override { return Dialect::kSqlite; }

 private:
  void begin_write() override { execute("BEGIN IMMEDIATE", {}); }
  void begin_read() override { execute("BEGIN", {}); }
  void commit() override { execute("COMMIT", {}); }
  void rollback() override { execute("ROLLBACK", {}); }

  sqlite3_stmt* prepare(std::string_view sql) {
    if (const auto found = statements_.find(sql); found != statements_.end()) return found->second.get();
    sqlite3_stmt* statement = nullptr;
    const char* tail = nullptr;
    if (sqlite3_prepare_v3(connection_.get(), sql.data(), static_cast<int>(sql.size()),
                           SQLITE_PREPARE_PERSISTENT, &statement, &tail) != SQLITE_OK) {
      throw_last_error(connection_.get(), path_, sql);
    }
    Statement owned(statement);
    if (statement == nullptr || tail != sql.data() + sql.size()) {
      throw Error(ErrorCode::kInternal, fmt::format("not exactly one SQL statement: {}", sql));
    }
    if (statements_.size() >= kMaxCachedStatements) statements_.clear();
    return statements_.emplace(std::string(sql), std::move(owned)).first->second.get();
  }

  sqlite3_stmt* prepare_bound(std::string_view sql, const std::vector<Value>& parameters) {
    sqlite3_stmt* statement = prepare(sql);
    if (sqlite3_bind_parameter_count(statement) != static_cast<int>(parameters.size())) {
      throw Error(ErrorCode::kInternal, fmt::format("{} parameters given for: {}", parameters.size(), sql));
    }
    for (size_t i = 0; i < parameters.size(); ++i) {
      if (bind(statement, static_cast<int>(i + 1), parameters[i]) != SQLITE_OK) {
        throw_last_error(connection_.get(), path_, sql);
      }
    }
    return statement;
  }

  std::string path_;
  Connection connection_;  // before the statements, which must go first
  std::unordered_map<std::string, Statement, TextHash, std::equal_to<>> statements_;
};

std::string path_of(std::string rest, const std::filesystem::path& base_dir) {
  if (rest.starts_with("///")) rest.erase(0, 3);
  if (rest.empty() || rest.starts_with("//")) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("'sqlite:{}' names no file: write for example sqlite:tidemill.db", rest));
  }
  if (rest == ":memory:") return rest;
  return (base_dir / rest).lexically_normal().string();
}

}  // namespace

std::unique_ptr<Database> open(const std::string& rest, const std::filesystem::path& base_dir,
                               const OpenOptions& options) {
  const std::string path = path_of(rest, base_dir);
  auto database = std::make_unique<SqliteDatabase>(connect(path, options), path);
  database->execute("PRAGMA synchronous = FULL", {});
  database->execute("PRAGMA foreign_keys = ON", {});
  database->execute("PRAGMA case_sensitive_like = ON", {});
  database->execute("PRAGMA temp_store = MEMORY", {});  // or savepoints spill into files
  return database;
}

}  // namespace tidemill::metadata::sqlite
