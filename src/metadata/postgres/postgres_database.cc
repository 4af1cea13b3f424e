#include "metadata/postgres/postgres_database.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "metadata/postgres/libpq.h"
#include "metadata/postgres/placeholders.h"
#include "metadata/postgres/postgres_error.h"
#include "metadata/postgres/session.h"
#include "metadata/postgres/values.h"

namespace tidemill::metadata::postgres {
namespace {

// Texts made for one search would otherwise pile up.
constexpr size_t kMaxCachedStatements = 256;

constexpr int kTransactionLock = 1953063021;

bool is_select(std::string_view sql) {
  constexpr std::string_view kSelect = "SELECT";
  return std::equal(kSelect.begin(), kSelect.end(), sql.begin(),
                    sql.begin() + static_cast<std::ptrdiff_t>(std::min(sql.size(), kSelect.size())),
                    [](char upper, char c) { return upper == c || upper == c - 'a' + 'A'; });
}

int64_t changed_rows(const Result& result) {
  const std::string_view text(pq().cmd_tuples(result.get()));
  int64_t count = 0;
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

class PostgresDatabase final : public Database {
 public:
  explicit PostgresDatabase(Session session) : session_(std::move(session)) {}

  int64_t execute(std::string_view sql, const std::vector<Value>& parameters) override {
    return changed_rows(run(sql, parameters));
  }

  std::vector<Row> query(std::string_view sql, const std::vector<Value>& parameters) override {
    return rows_of(run(sql, parameters).get());
  }

  void execute_script(std::string_view sql) override {
    ensure_connected();
    const Result result(pq().exec(session_.get(), std::string(sql).c_str()));
    if (!has_succeeded(result)) throw_failure(result, "", Progress::kMaybeDone);
  }

  bool has_table(std::string_view name) override {
    return !query(
                "SELECT 1 FROM pg_catalog.pg_class WHERE relname = ? AND relkind IN ('r', 'p') "
                "AND pg_catalog.pg_table_is_visible(oid)",
                {std::string(name)})
                .empty();
  }

  bool has_column(std::string_view table, std::string_view column) override {
    return !query(
                "SELECT 1 FROM pg_catalog.pg_class c JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid "
                "WHERE c.relname = ? AND pg_catalog.pg_table_is_visible(c.oid) AND a.attname = ? "
                "AND a.attnum > 0 AND NOT a.attisdropped",
                {std::string(table), std::string(column)})
                .empty();
  }

  std::string uri() const override { return session_.uri(); }
  Dialect dialect() const override { return Dialect::kPostgres; }

  bool is_on_a_server() const override { return true; }
  bool try_lock_for_writing(LockMode mode) override {
    ensure_connected();
    return session_.try_lock_for_writing(mode);
  }
  void release_writing_lock() override { session_.release_writing_lock(); }
  std::optional<std::string> present_writer() override {
    ensure_connected();
    return session_.present_writer();
  }

 private:
  // Of the outermost transaction.
  enum class Block { kNone, kOpen, kLost };
  enum class Fate { kKept, kUndone, kUnknown };
  // Of a statement that failed.
  enum class Progress { kNotBegun, kMaybeDone };

  void begin_write() override;
  void begin_read() override { begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"); }
  void commit() override;
  void rollback() override;

  void ensure_connected();
  Result begin(const std::string& sql);
  Result run(std::string_view sql, const std::vector<Value>& parameters);
  // The statement's result, or the failed one of preparing it.
  Result try_run(std::string_view sql, const BoundValues& bound, Progress& progress);
  bool may_repeat(const Result& result, std::string_view sql, Progress progress);
  // Of a transaction whose COMMIT got no answer.
  Fate fate_of(const std::string& transaction_id);
  [[noreturn]] void throw_failure(const Result& result, std::string_view sql, Progress progress);

  Session session_;
  std::unordered_map<std::string, std::string> statements_;  // text and types to name
  int64_t last_statement_ = 0;
  Block block_ = Block::kNone;
  std::string transaction_id_;  // of the write transaction
};

void PostgresDatabase::ensure_connected() {
  if (block_ == Block::kLost) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("database '{}': the transaction ended when the connection was lost; nothing of "
                            "it was kept: run again",
                            session_.uri()));
  }
  // Inside a transaction the statement itself will tell.
  if (block_ == Block::kNone && session_.ensure_alive()) statements_.clear();
}

Result PostgresDatabase::begin(const std::string& sql) {
  for (bool again = false;; again = true) {
    ensure_connected();
    Result result(pq().exec(session_.get(), sql.c_str()));
    if (has_succeeded(result)) {
      block_ = Block::kOpen;
      return result;
    }
    if (session_.is_lost(result) && !again) continue;
    const Error error =
        error_for(sqlstate_of(result), message_of(result, session_.get()), session_.uri(), "");
    const Result undone(pq().exec(session_.get(), "ROLLBACK"));
    throw Error(error);
  }
}

void PostgresDatabase::begin_write() {
  // READ COMMITTED, so that the first statement after the lock sees what the writer before has committed.
  const Result result = begin(
      fmt::format("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; SELECT pg_advisory_xact_lock({}, {}); "
                  "SELECT txid_current()",
                  kTransactionLock, kSchemaKey));
  transaction_id_ = pq().getvalue(result.get(), 0, 0);
}

void PostgresDatabase::commit() {
  ensure_connected();
  const Result result(pq().exec(session_.get(), "COMMIT"));
  block_ = Block::kNone;
  if (has_succeeded(result)) {
    if (std::string_view(pq().cmd_status(result.get())) == "COMMIT") return;
    throw Error(ErrorCode::kInternal,
                fmt::format("database '{}': committed after a failed statement, so nothing was kept",
                            session_.uri()));
  }
  const std::string message = message_of(result, session_.get());
  if (!session_.is_lost(result)) throw error_for(sqlstate_of(result), message, session_.uri(), "COMMIT");
  const Fate fate = fate_of(transaction_id_);
  if (fate == Fate::kKept) return;
  throw Error(ErrorCode::kUnavailable,
              fmt::format("database '{}': the connection was lost during COMMIT ({}); {}: run again",
                          session_.uri(), message,
                          fate == Fate::kUndone ? "nothing of the transaction was kept"
                                                : "whether the transaction was kept is not known"));
}

PostgresDatabase::Fate PostgresDatabase::fate_of(const std::string& transaction_id) {
  const std::string before = session_.incarnation();
  const auto deadline =
      std::chrono::steady_clock::now() + std::chrono::milliseconds(session_.busy_timeout_ms());
  try {
    do {
      ensure_connected();
      const auto row = query_first("SELECT txid_status(CAST(? AS BIGINT))", {transaction_id});
      const std::string status = row && !row->is_null(0) ? row->text(0) : "too old";
      const bool is_same_server = session_.incarnation() == before;
      if (status == "aborted") return Fate::kUndone;
      // A server that crashed before it wrote the transaction down gives its number away again.
      if (status == "committed") return is_same_server ? Fate::kKept : Fate::kUnknown;
      if (status == "in progress" && !is_same_server) return Fate::kUndone;
      if (status != "in progress") return Fate::kUnknown;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
    } while (std::chrono::steady_clock::now() < deadline);
  } catch (const Error& error) {
    // "transaction ID is in the future": given away, and not used again yet.
    if (error.code() == ErrorCode::kInvalidArgument) return Fate::kUndone;
    if (error.code() != ErrorCode::kUnavailable) throw;
  }
  return Fate::kUnknown;
}

void PostgresDatabase::rollback() {
  if (std::exchange(block_, Block::kNone) != Block::kOpen) return;
  const Result result(pq().exec(session_.get(), "ROLLBACK"));
  // What cannot be rolled back must not be used further: the server undoes it with the connection.
  if (!has_succeeded(result)) session_.disconnect();
}

Result PostgresDatabase::run(std::string_view sql, const std::vector<Value>& parameters) {
  const BoundValues bound(parameters);
  auto progress = Progress::kNotBegun;
  Result result = try_run(sql, bound, progress);
  if (!has_succeeded(result) && may_repeat(result, sql, progress)) result = try_run(sql, bound, progress);
  if (!has_succeeded(result)) throw_failure(result, sql, progress);
  return result;
}

Result PostgresDatabase::try_run(std::string_view sql, const BoundValues& bound, Progress& progress) {
  progress = Progress::kNotBegun;
  ensure_connected();
  const std::string key = fmt::format("{} {}", bound.signature(), sql);
  auto found = statements_.find(key);
  if (found == statements_.end()) {
    const NumberedSql numbered = with_numbered_placeholders(sql);
    if (numbered.parameter_count != static_cast<size_t>(bound.count())) {
      throw Error(ErrorCode::kInternal, fmt::format("{} parameters given for: {}", bound.count(), sql));
    }
    if (statements_.size() >= kMaxCachedStatements) {
      statements_.clear();
      const Result forgotten(pq().exec(session_.get(), "DEALLOCATE ALL"));
    }
    const std::string name = fmt::format("s{}", ++last_statement_);
    Result prepared(
        pq().prepare(session_.get(), name.c_str(), numbered.text.c_str(), bound.count(), bound.types()));
    if (!has_succeeded(prepared)) return prepared;
    found = statements_.emplace(key, name).first;
  }
  progress = Progress::kMaybeDone;
  return Result(pq().exec_prepared(session_.get(), found->second.c_str(), bound.count(), bound.texts(),
                                   nullptr, nullptr, 0));
}

bool PostgresDatabase::may_repeat(const Result& result, std::string_view sql, Progress progress) {
  if (block_ != Block::kNone) return false;
  if (session_.is_lost(result)) return progress == Progress::kNotBegun || is_select(sql);
  // A table changed under a prepared statement (`mlflow db upgrade`), or somebody dropped it.
  const std::string state = sqlstate_of(result);
  if (state != "0A000" && state != "26000") return false;
  statements_.clear();
  return has_succeeded(Result(pq().exec(session_.get(), "DEALLOCATE ALL")));
}

void PostgresDatabase::throw_failure(const Result& result, std::string_view sql, Progress progress) {
  const std::string message = message_of(result, session_.get());
  if (!session_.is_lost(result)) throw error_for(sqlstate_of(result), message, session_.uri(), sql);
  const bool was_open = block_ == Block::kOpen;
  if (was_open) block_ = Block::kLost;
  std::string_view kept = "it may or may not have been kept";
  if (was_open) kept = "nothing of the transaction was kept";
  if (!was_open && (progress == Progress::kNotBegun || is_select(sql))) kept = "nothing was changed";
  throw Error(ErrorCode::kUnavailable,
              fmt::format("database '{}': the connection was lost ({}); {}: run again", session_.uri(),
                          message, kept));
}

}  // namespace

std::unique_ptr<Database> open(const std::string& rest, const std::filesystem::path&,
                               const OpenOptions& options) {
  return std::make_unique<PostgresDatabase>(Session(parse_address(rest), options.busy_timeout_ms));
}

}  // namespace tidemill::metadata::postgres
