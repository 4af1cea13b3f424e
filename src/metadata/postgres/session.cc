#include "metadata/postgres/session.h"

#include <chrono>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "metadata/postgres/postgres_error.h"

namespace tidemill::metadata::postgres {
namespace {

constexpr int kWriterLock = 1953063022;

}  // namespace

Session::Session(Address address, int64_t busy_timeout_ms)
    : address_(std::move(address)), busy_timeout_ms_(busy_timeout_ms) {
  connect_now(/*only_while_starting=*/true);
}

void Session::connect_now(bool only_while_starting) {
  connection_.reset();
  connection_ = connect(address_, busy_timeout_ms_, {busy_timeout_ms_, only_while_starting});
  // A crash resets the statistics.
  const Result result =
      ask("SELECT concat(pg_catalog.pg_postmaster_start_time(), ' ', stats_reset) FROM "
          "pg_catalog.pg_stat_bgwriter");
  incarnation_ = pq().ntuples(result.get()) == 1 ? pq().getvalue(result.get(), 0, 0) : "";
}

bool Session::ensure_alive() {
  if (connection_ && is_alive(connection_.get())) return false;
  connect_now(/*only_while_starting=*/false);
  if (!writing_lock_) return true;
  // The server may take a moment to notice that the old connection is gone.
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::milliseconds(busy_timeout_ms_);
  while (!take_writing_lock(*writing_lock_)) {
    if (std::chrono::steady_clock::now() > deadline) {
      connection_.reset();
      throw Error(ErrorCode::kConflict,
                  fmt::format("database '{}': the connection was lost, and another program has begun to "
                              "write meanwhile: wait until it has ended and run again",
                              address_.shown));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  return true;
}

bool Session::is_lost(const Result& result) const {
  return pq().status(connection_.get()) != CONNECTION_OK || means_lost(sqlstate_of(result));
}

Result Session::ask(const std::string& sql) {
  Result result(pq().exec(connection_.get(), sql.c_str()));
  if (has_succeeded(result)) return result;
  throw error_for(sqlstate_of(result), message_of(result, connection_.get()), address_.shown, sql);
}

bool Session::take_writing_lock(LockMode mode) {
  const Result result = ask(fmt::format("SELECT pg_try_advisory_lock{}({}, {})",
                                        mode == LockMode::kShared ? "_shared" : "", kWriterLock, kSchemaKey));
  return *pq().getvalue(result.get(), 0, 0) == 't';
}

bool Session::try_lock_for_writing(LockMode mode) {
  if (!take_writing_lock(mode)) return false;
  writing_lock_ = mode;
  return true;
}

void Session::release_writing_lock() {
  const std::optional<LockMode> held = std::exchange(writing_lock_, std::nullopt);
  if (!held || !is_alive(connection_.get())) return;  // it went with the connection
  ask(fmt::format("SELECT pg_advisory_unlock{}({}, {})", held == LockMode::kShared ? "_shared" : "",
                  kWriterLock, kSchemaKey));
}

std::optional<std::string> Session::present_writer() {
  const Result result = ask(
      fmt::format("SELECT a.application_name FROM pg_catalog.pg_locks l JOIN pg_catalog.pg_stat_activity a "
                  "ON a.pid = l.pid WHERE l.locktype = 'advisory' AND l.granted AND l.classid::bigint = {} "
                  "AND l.objid::bigint = ({}::bigint & 4294967295) AND l.database = "
                  "(SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())",
                  kWriterLock, kSchemaKey));
  if (pq().ntuples(result.get()) == 0) return std::nullopt;
  const std::string name = pq().getvalue(result.get(), 0, 0);
  return name.empty() ? "another program" : name;
}

}  // namespace tidemill::metadata::postgres
