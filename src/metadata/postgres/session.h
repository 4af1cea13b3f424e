#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "metadata/database.h"
#include "metadata/postgres/connecting.h"
#include "metadata/postgres/libpq.h"

namespace tidemill::metadata::postgres {

// A connection that can be made anew, and the lock of the one writer, which then has to be taken anew too.
class Session {
 public:
  // Errors: those of connect().
  Session(Address address, int64_t busy_timeout_ms);

  PGconn* get() const { return connection_.get(); }
  const std::string& uri() const { return address_.shown; }
  int64_t busy_timeout_ms() const { return busy_timeout_ms_; }
  // Another text once the server has been started anew, or has recovered from a crash.
  const std::string& incarnation() const { return incarnation_; }

  // Connects again when the connection has been lost; true when it did, and what was prepared is gone.
  // Errors: those of connect(); kConflict when the writer's lock was held and somebody else has it now.
  bool ensure_alive();
  // Whether the connection has ended by what `result` says.
  bool is_lost(const Result& result) const;
  void disconnect() { connection_.reset(); }

  // See Database. Call ensure_alive() before.
  bool try_lock_for_writing(LockMode mode);
  void release_writing_lock();
  std::optional<std::string> present_writer();

 private:
  void connect_now(bool only_while_starting);
  bool take_writing_lock(LockMode mode);
  Result ask(const std::string& sql);

  Address address_;
  int64_t busy_timeout_ms_;
  Connection connection_;
  std::string incarnation_;
  std::optional<LockMode> writing_lock_;  // held
};

// Advisory locks belong to a database of the server: this SQL expression tells its schemas apart.
inline constexpr char kSchemaKey[] = "hashtext(COALESCE(current_schema(), ''))";

}  // namespace tidemill::metadata::postgres
