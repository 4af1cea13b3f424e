#include "metadata/database.h"

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::metadata {
namespace {

[[noreturn]] void throw_wrong_kind(size_t column, std::string_view wanted) {
  throw Error(ErrorCode::kCorrupted,
              fmt::format("a stored value is not {} (column {} of the result)", wanted, column));
}

int64_t number_in(Database& database, const std::optional<Row>& row) {
  if (!row) throw Error(ErrorCode::kCorrupted, "the table change_count of " + database.uri() + " is empty");
  return row->integer(0);
}

}  // namespace

int64_t Row::integer(size_t column) const {
  if (const auto* value = std::get_if<int64_t>(&values_.at(column))) return *value;
  throw_wrong_kind(column, "an integer");
}

double Row::real(size_t column) const {
  if (const auto* value = std::get_if<double>(&values_.at(column))) return *value;
  if (const auto* value = std::get_if<int64_t>(&values_.at(column))) return static_cast<double>(*value);
  throw_wrong_kind(column, "a number");
}

const std::string& Row::text(size_t column) const {
  if (const auto* value = std::get_if<std::string>(&values_.at(column))) return *value;
  throw_wrong_kind(column, "text");
}

std::optional<int64_t> Row::optional_integer(size_t column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::optional<std::string> Row::optional_text(size_t column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

int64_t change_number(Database& database) {
  return number_in(database, database.query_first("SELECT number FROM change_count"));
}

int64_t execute_counted(Database& database, std::string_view sql, const std::vector<Value>& parameters) {
  if (database.is_in_write_transaction()) {
    const int64_t rows = database.execute(sql, parameters);
    if (rows > 0) database.count_change();
    return rows;
  }
  Transaction transaction(database);
  const int64_t rows = execute_counted(database, sql, parameters);
  transaction.commit();
  return rows;
}

std::vector<Row> query_counted(Database& database, std::string_view sql,
                               const std::vector<Value>& parameters) {
  if (database.is_in_write_transaction()) {
    std::vector<Row> rows = database.query(sql, parameters);
    if (!rows.empty()) database.count_change();
    return rows;
  }
  Transaction transaction(database);
  std::vector<Row> rows = query_counted(database, sql, parameters);
  transaction.commit();
  return rows;
}

std::optional<Row> Database::query_first(std::string_view sql, const std::vector<Value>& parameters) {
  std::vector<Row> rows = query(sql, parameters);
  if (rows.empty()) return std::nullopt;
  return std::move(rows.front());
}

Transaction::Transaction(Database& database) : database_(database), depth_(database.depth_) {
  if (database_.scope_ == Database::Scope::kRead) {
    throw Error(ErrorCode::kInternal, "a write transaction inside a read transaction of " + database_.uri());
  }
  if (depth_ == 0) {
    database_.begin_write();
    database_.has_counted_change_ = false;
  } else {
    database_.execute_script(fmt::format("SAVEPOINT level_{}", depth_));
  }
  database_.scope_ = Database::Scope::kWrite;
  ++database_.depth_;
}

std::optional<int64_t> Transaction::commit() {
  if (done_) throw Error(ErrorCode::kInternal, "a transaction of " + database_.uri() + " is committed twice");
  std::optional<int64_t> number;
  if (depth_ == 0) {
    if (database_.has_counted_change_) {
      number = number_in(
          database_, database_.query_first("UPDATE change_count SET number = number + 1 RETURNING number"));
    }
    database_.commit();
  } else {
    database_.execute_script(fmt::format("RELEASE level_{}", depth_));
  }
  done_ = true;
  return number;
}

Transaction::~Transaction() {
  if (!done_) {
    try {
      if (depth_ == 0) {
        database_.rollback();
      } else {
        database_.execute_script(fmt::format("ROLLBACK TO level_{0}; RELEASE level_{0}", depth_));
      }
    } catch (const Error&) {
      // A failed write may have ended the whole transaction already; nothing of it is left to undo.
    }
  }
  --database_.depth_;
  if (depth_ == 0) database_.scope_ = Database::Scope::kNone;
}

ReadTransaction::ReadTransaction(Database& database)
    : database_(database), outermost_(database.scope_ == Database::Scope::kNone) {
  if (!outermost_) return;
  database_.begin_read();
  database_.scope_ = Database::Scope::kRead;
}

ReadTransaction::~ReadTransaction() {
  if (!outermost_) return;
  database_.scope_ = Database::Scope::kNone;
  try {
    database_.rollback();
  } catch (const Error&) {
    // It changed nothing, so there is nothing to lose.
  }
}

}  // namespace tidemill::metadata
