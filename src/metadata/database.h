#pragma once
// A SQL database: where facts live. Statements use `?` for bound parameters, RETURNING for generated keys,
// and only SQL that SQLite and PostgreSQL both understand. For that:
// - texts are sorted with `COLLATE "C"`, by bytes in both, and nullable columns with NULLS FIRST or LAST;
// - a boolean column is written as `? <> 0` and reads as 0 or 1;
// - a failed statement undoes its whole transaction in PostgreSQL: ask first, or use ON CONFLICT; whoever
//   means to go on after an Error does what may fail inside a Transaction of its own;
// - NaN is kept by PostgreSQL and becomes NULL in SQLite, a NUL character only the other way round.
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

// For the few things that no one text says; see Database::dialect().
enum class Dialect { kSqlite, kPostgres };

enum class LockMode { kExclusive, kShared };

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
// Those of a server also kUnavailable (the connection was lost: what the call did not finish is undone, or
// the message says that nobody can know; the next call connects again) and kDeadlineExceeded.
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
  virtual bool has_column(std::string_view table, std::string_view column) = 0;
  virtual std::string uri() const = 0;  // without a password
  virtual Dialect dialect() const = 0;

  // The one writer of a database that several machines share, for longer than a transaction, or several that
  // know of each other. Whoever has the database in a folder needs none of this: the folder has its own lock.
  virtual bool is_on_a_server() const { return false; }
  // False when another connection has it, unless both share. Held until release or the end of the connection;
  // when that is lost, the next call takes it again or fails with kConflict.
  virtual bool try_lock_for_writing(LockMode /*mode*/ = LockMode::kExclusive) { return true; }
  virtual void release_writing_lock() {}
  // Who has it ("tidemill process 4711 on host"), as far as the server tells; nullopt when nobody has.
  virtual std::optional<std::string> present_writer() { return std::nullopt; }

  bool is_in_write_transaction() const { return scope_ == Scope::kWrite; }
  // Inside a Transaction: when it is committed, change_number() becomes another one with it.
  void count_change() { has_counted_change_ = true; }

 private:
  // The outermost transaction; those inside are savepoints.
  virtual void begin_write() = 0;
  virtual void begin_read() = 0;
  virtual void commit() = 0;
  virtual void rollback() = 0;

  friend class Transaction;
  friend class ReadTransaction;
  enum class Scope { kNone, kRead, kWrite };
  Scope scope_ = Scope::kNone;
  int depth_ = 0;  // of nested write transactions
  bool has_counted_change_ = false;
};

// Changes that happen all together or not at all. Takes the write lock at once, so that what it reads holds
// until it commits. Inside another Transaction it is a savepoint: undone alone, durable with the outermost.
class Transaction {
 public:
  explicit Transaction(Database& database);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();  // rolls back unless committed

  // The change_number() that came with it, when it is the outermost and a change was counted in it: one more
  // than the one before.
  std::optional<int64_t> commit();

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
// understood too; "sqlite::memory:" is gone when closed), "postgresql://USER:PASSWORD@HOST/DATABASE" as libpq
// takes it, with SQLAlchemy's "+psycopg2" or not. Tables are looked for in the search_path.
// Errors: kInvalidArgument naming the URI and the known schemes, and those of Database; kNotFound for a
// database that its server does not have, whatever options.create says.
std::unique_ptr<Database> open_database(const std::string& uri, const std::filesystem::path& base_dir,
                                        const OpenOptions& options = {});

// How many transactions have counted a change (table change_count of the project's migrations), of this
// connection or another. It moves in the moment in which their changes are there: whoever sees the number
// they led to sees them too. Cost: one row. To count costs one more row in a transaction; writers wait for
// each other in Transaction already, so nobody waits for that row.
int64_t change_number(Database& database);

// As execute() and query(), and a change is counted if there was one: rows that were changed, or that
// RETURNING gives. In a Transaction of their own where there is none.
int64_t execute_counted(Database& database, std::string_view sql, const std::vector<Value>& parameters);
std::vector<Row> query_counted(Database& database, std::string_view sql,
                               const std::vector<Value>& parameters);

// Whether what `uri` names can be reached from other folders and machines. False for unknown schemes.
bool is_on_a_server(const std::string& uri);

}  // namespace tidemill::metadata
