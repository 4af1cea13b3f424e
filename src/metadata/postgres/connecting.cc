#include "metadata/postgres/connecting.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <thread>

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "metadata/postgres/postgres_error.h"

namespace tidemill::metadata::postgres {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::milliseconds;

struct FreeOptions {
  void operator()(PQconninfoOption* options) const { pq().conninfo_free(options); }
};
using ConnectionOptions = std::unique_ptr<PQconninfoOption, FreeOptions>;

std::string option(const ConnectionOptions& options, std::string_view keyword) {
  for (const PQconninfoOption* o = options.get(); o != nullptr && o->keyword != nullptr; ++o) {
    if (keyword == o->keyword) return o->val == nullptr ? "" : o->val;
  }
  return "";
}

struct Attempt {
  Connection connection;  // null when it failed
  std::string sqlstate;   // "" when no server answered
  std::string message;
};

std::string program_name() {
  std::array<char, 40> host{};
  if (gethostname(host.data(), host.size() - 1) != 0) host[0] = '\0';
  return fmt::format("tidemill process {} on {}", getpid(), host.data());
}

milliseconds connect_timeout(PGconn* connection) {
  const ConnectionOptions options(pq().conninfo(connection));
  const std::string text = option(options, "connect_timeout");
  int seconds = 0;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::chrono::seconds(seconds > 0 ? seconds : 10);
}

// Takes "28P01: " out of a verbose message and returns the state.
std::string take_sqlstate(std::string& message) {
  constexpr size_t kLength = 5;
  for (size_t end = message.rfind(": "); end != std::string::npos && end > kLength;
       end = message.rfind(": ", end - 1)) {
    std::string state = message.substr(end - kLength, kLength);
    const bool fits =
        std::ranges::all_of(state, [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
    if (!fits || message[end - kLength - 1] != ' ') continue;
    message.erase(end - kLength, kLength + 2);
    return state;
  }
  return "";
}

bool finish_connecting(PGconn* connection) {
  const auto deadline = SteadyClock::now() + connect_timeout(connection);
  PostgresPollingStatusType state = PGRES_POLLING_WRITING;
  while (state == PGRES_POLLING_READING || state == PGRES_POLLING_WRITING) {
    const auto left = std::chrono::duration_cast<milliseconds>(deadline - SteadyClock::now()).count();
    if (left <= 0) return false;
    pollfd socket{pq().socket(connection),
                  static_cast<short>(state == PGRES_POLLING_READING ? POLLIN : POLLOUT), 0};
    if (poll(&socket, 1, static_cast<int>(left)) > 0) state = pq().connect_poll(connection);
  }
  return true;
}

// lock_timeout is how long a writer waits. The rest guards against sessions that were set up otherwise: a
// commit that returns has to be durable, numbers have to come back as they went in.
Result set_up_session(PGconn* connection, int64_t busy_timeout_ms) {
  const std::string timeout = std::to_string(std::clamp<int64_t>(busy_timeout_ms, 1, 2'000'000'000));
  const std::array<const char*, 1> values = {timeout.c_str()};
  return Result(pq().exec_params(
      connection,
      "SELECT set_config('lock_timeout', $1, false), set_config('extra_float_digits', '3', false), "
      "set_config('standard_conforming_strings', 'on', false), "
      "set_config('client_min_messages', 'error', false), "
      "set_config('statement_timeout', CASE current_setting('statement_timeout') WHEN '0' THEN '120s' "
      "ELSE current_setting('statement_timeout') END, false), "
      "set_config('synchronous_commit', CASE current_setting('synchronous_commit') WHEN 'off' THEN 'on' "
      "ELSE current_setting('synchronous_commit') END, false)",
      1, nullptr, values.data(), nullptr, nullptr, 0));
}

Attempt try_once(const Address& address, int64_t busy_timeout_ms) {
  const std::string name = program_name();
  // What stands before the URI can be set in it; what stands behind it cannot. A peer that is gone without a
  // word is given up after a minute.
  const std::array<const char*, 8> keywords = {"keepalives_idle",           "keepalives_interval",
                                               "keepalives_count",          "tcp_user_timeout",
                                               "fallback_application_name", "dbname",
                                               "client_encoding",           nullptr};
  const std::array<const char*, 8> values = {"30",   "10",   "3", "60000", name.c_str(), address.uri.c_str(),
                                             "UTF8", nullptr};
  Attempt attempt{Connection(pq().connect_start_params(keywords.data(), values.data(), 1)), "", ""};
  PGconn* connection = attempt.connection.get();
  if (connection == nullptr) throw Error(ErrorCode::kResourceExhausted, "no memory to open a connection");
  pq().set_notice_receiver(
      connection, [](void*, const PGresult*) {}, nullptr);
  // The only way to learn the state behind a refusal.
  pq().set_error_verbosity(connection, PQERRORS_VERBOSE);
  const bool in_time = pq().status(connection) == CONNECTION_BAD || finish_connecting(connection);
  if (pq().status(connection) == CONNECTION_OK) {
    const Result result = set_up_session(connection, busy_timeout_ms);
    pq().set_error_verbosity(connection, PQERRORS_DEFAULT);
    if (has_succeeded(result)) return attempt;
    attempt.sqlstate = sqlstate_of(result);
    attempt.message = message_of(result, connection);
  } else {
    attempt.message = one_line(pq().error_message(connection));
    attempt.sqlstate = take_sqlstate(attempt.message);
    if (!in_time) attempt.message = "the server did not answer in time";
    if (pq().connection_needs_password(connection) != 0) attempt.sqlstate = "28P01";
  }
  attempt.connection.reset();
  return attempt;
}

bool may_come_back(const Attempt& attempt, const Patience& patience) {
  if (attempt.sqlstate == "57P03") return true;
  return !patience.only_while_starting &&
         (attempt.sqlstate.empty() || means_lost(attempt.sqlstate) || attempt.sqlstate == "53300");
}

[[noreturn]] void refuse(const Address& address, std::string_view what) {
  throw Error(
      ErrorCode::kInvalidArgument,
      fmt::format("'{}' is no PostgreSQL URI: {}; write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, "
                  "with %40 for @, %2F for / and %3A for : in names and passwords",
                  address.shown, what));
}

}  // namespace

Address parse_address(const std::string& rest) {
  Address address{"postgresql:" + rest, ""};
  address.shown = without_password(address.uri);
  char* raw_message = nullptr;
  const ConnectionOptions options(pq().conninfo_parse(address.uri.c_str(), &raw_message));
  const std::string message = raw_message == nullptr ? "" : one_line(raw_message);
  pq().freemem(raw_message);
  if (!options) refuse(address, message.starts_with("invalid URI query parameter") ? message : "malformed");
  // Where a password with unquoted signs in it spills over, its rest would stand in libpq's messages.
  const std::string_view before_query = std::string_view(address.uri).substr(0, address.uri.find('?'));
  if (before_query.find('@') != before_query.rfind('@')) refuse(address, "there is more than one @");
  if (option(options, "port").find_first_not_of("0123456789,") != std::string::npos) {
    refuse(address, "the port is no number");
  }
  return address;
}

Connection connect(const Address& address, int64_t busy_timeout_ms, const Patience& patience) {
  const auto deadline = SteadyClock::now() + milliseconds(patience.window_ms);
  for (milliseconds pause(50);; pause = std::min(2 * pause, milliseconds(1000))) {
    Attempt attempt = try_once(address, busy_timeout_ms);
    if (attempt.connection) return std::move(attempt.connection);
    if (!may_come_back(attempt, patience) || SteadyClock::now() + pause > deadline) {
      throw error_for(attempt.sqlstate, attempt.message, address.shown, "");
    }
    std::this_thread::sleep_for(pause);
  }
}

bool is_alive(PGconn* connection) {
  // A server that ends says so, then closes: two things to read.
  for (int round = 0; round < 3; ++round) {
    pollfd socket{pq().socket(connection), POLLIN, 0};
    if (pq().status(connection) != CONNECTION_OK || socket.fd < 0) return false;
    if (poll(&socket, 1, 0) == 0) return true;
    if (pq().consume_input(connection) == 0) return false;
    pq().is_busy(connection);  // reads what has come
  }
  return false;
}

}  // namespace tidemill::metadata::postgres
