#pragma once
// A SQL database: where facts live. Statements use `?` for bound parameters, RETURNING for generated keys,
// and only SQL that SQLite and PostgreSQL both understand.
//
// A Database is one connection, used by one thread at a time. Changes are durable when a statement outside a
// transaction returns, or when Transaction::commit returns.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tidemill::metadata {

// monostate is NULL. Booleans are integers 0 and 1.
using Value = std::variant<std::monostate, int64_t, double, std::string>;

// NULL for an absent value.
template <typename T>
Value nullable(const std::optional<T>& value) {
  return value ? Value(*value) : Value();
}

// One row of a result. Each accessor throws kCorrupted naming the column's position when the value is of
// another kind (real() also takes integers); only the optional_ ones take NULL.
class Row {
 public:
  explicit Row(std::vector<Value> values) : values_(std::move(values)) {}

  size_t size() const { return values_.size(); }
  const Value& operator[](size_t column) const { return values_.at(column); }
  bool is_null(size_t column) const { return std::holds_alternative<std::monostate>(values_.at(column)); }
  int64_t integer(size_t column) const;
  double real(size_t column) const;
  const std::string& text(size_t column) const;
  std::optional<int64_t> optional_integer(size_t column) const;
  std::optional<std::string> optional_text(size_t column) const;

 private:
  std::vector<Value> values_;
};

// Errors of every call: kResourceExhausted (disk full), kCorrupted (not a database, damaged),
// kPermissionDenied, kConflict (another writer kept it locked for the whole busy timeout), kAlreadyExists
// (a unique key is taken), kInvalidArgument (another constraint), kInternal (SQL that does not compile).
class Database {
 public:
  Database() = default;
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  virtual ~Database() = default;

  // One statement; returns how many rows it changed. Compiled once per text.
  virtual int64_t execute(std::string_view sql, const std::vector<Value>& parameters = {}) = 0;
  // One statement; all its rows.
  virtual std::vector<Row> query(std::string_view sql, const std::vector<Value>& parameters = {}) = 0;
  // The first row, if there is one.
  std::optional<Row> query_first(std::string_view sql, const std::vector<Value>& parameters = {});
  // Several statements separated by `;`, without parameters.
  virtual void execute_script(std::string_view sql) = 0;

  virtual bool has_table(std::string_view name) = 0;
  virtual std::string uri() const = 0;

 private:
  friend class Transaction;
  friend class ReadTransaction;
  enum class Scope { kNone, kRead, kWrite };
  Scope scope_ = Scope::kNone;
  int depth_ = 0;  // of nested write transactions
};

// Changes that happen all together or not at all. Takes the write lock at once, so that what it reads holds
// until it commits. Inside another Transaction it is a savepoint: undone alone, durable with the outermost.
class Transaction {
 public:
  explicit Transaction(Database& database);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();  // rolls back unless committed

  void commit();

 private:
  Database& database_;
  int depth_;
  bool done_ = false;
};

// Several queries of one moment. Never waits for a writer. Inside a transaction it is part of that.
class ReadTransaction {
 public:
  explicit ReadTransaction(Database& database);
  ReadTransaction(const ReadTransaction&) = delete;
  ReadTransaction& operator=(const ReadTransaction&) = delete;
  ~ReadTransaction();

 private:
  Database& database_;
  bool outermost_;
};

struct OpenOptions {
  bool create = true;                // false: kNotFound when there is no such database
  int64_t busy_timeout_ms = 10'000;  // how long a writer waits for another one
};

// Opens by URI: "sqlite:tidemill.db" (relative to `base_dir`, or absolute; SQLAlchemy's "sqlite:///FILE" is
// understood too; "sqlite::memory:" is gone when closed).
// Errors: kInvalidArgument naming the URI and the known schemes, and those of Database.
std::unique_ptr<Database> open_database(const std::string& uri, const std::filesystem::path& base_dir,
                                        const OpenOptions& options = {});

}  // namespace tidemill::metadata
