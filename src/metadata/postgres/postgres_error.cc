#include "metadata/postgres/postgres_error.h"

#include <array>

#include <fmt/format.h>

namespace tidemill::metadata::postgres {
namespace {

struct Meaning {
  std::string_view sqlstate;  // or how it begins
  ErrorCode code;
  std::string_view hint;
};

constexpr std::string_view kBusy = "another program is writing to it: wait until it has ended";
constexpr std::string_view kTryAgain = "is the server running and reachable? try again later";
constexpr std::string_view kNoAccess = "may this user connect to the database and change its tables?";

// The first that fits. Source: https://www.postgresql.org/docs/15/errcodes-appendix.html
constexpr std::array kMeanings = {
    Meaning{"08", ErrorCode::kUnavailable, kTryAgain},
    Meaning{"22", ErrorCode::kInvalidArgument, ""},
    Meaning{"23505", ErrorCode::kAlreadyExists, ""},
    Meaning{"23", ErrorCode::kInvalidArgument, ""},
    Meaning{"25006", ErrorCode::kPermissionDenied, "this server can only be read from: name the primary one"},
    Meaning{"25P03", ErrorCode::kUnavailable, "the server's idle_in_transaction_session_timeout is short"},
    Meaning{"28", ErrorCode::kPermissionDenied,
            "check the user and the password: in the URI, in PGPASSWORD or in PGPASSFILE"},
    Meaning{"3D000", ErrorCode::kNotFound, "create it with 'createdb', or name another in the URI"},
    Meaning{"3F000", ErrorCode::kNotFound, "create the schema, or name another in search_path"},
    Meaning{"40", ErrorCode::kConflict, kBusy},
    Meaning{"42501", ErrorCode::kPermissionDenied, kNoAccess},
    Meaning{"53300", ErrorCode::kUnavailable, "the server has no connection left: try again later"},
    Meaning{"53", ErrorCode::kResourceExhausted,
            "the server's disk or memory is full: free some and run again"},
    Meaning{"54", ErrorCode::kInvalidArgument, ""},
    Meaning{"55P03", ErrorCode::kConflict, kBusy},
    Meaning{"57014", ErrorCode::kDeadlineExceeded, "it took longer than statement_timeout allows"},
    Meaning{"57P", ErrorCode::kUnavailable, kTryAgain},
    Meaning{"58", ErrorCode::kUnavailable, "the server's own system refuses; see its log"},
    Meaning{"XX001", ErrorCode::kCorrupted, "the server's files are damaged: restore a backup"},
    Meaning{"XX002", ErrorCode::kCorrupted, "an index is damaged: REINDEX it"},
};

}  // namespace

bool means_lost(std::string_view sqlstate) {
  return sqlstate.starts_with("08") || sqlstate.starts_with("57P") || sqlstate == "25P03";
}

Error error_for(std::string_view sqlstate, const std::string& message, std::string_view shown,
                std::string_view sql) {
  // Without a state the server never answered.
  Meaning meaning{"", sqlstate.empty() ? ErrorCode::kUnavailable : ErrorCode::kInternal, ""};
  if (sqlstate.empty()) meaning.hint = kTryAgain;
  for (const Meaning& known : kMeanings) {
    if (!sqlstate.starts_with(known.sqlstate)) continue;
    meaning = known;
    break;
  }
  std::string text = fmt::format("database '{}': {}", shown, message);
  if (!meaning.hint.empty()) text += fmt::format("; {}", meaning.hint);
  if (meaning.code == ErrorCode::kInternal && !sql.empty()) text += fmt::format(" in: {}", sql);
  return {meaning.code, std::move(text)};
}

std::string sqlstate_of(const Result& result) {
  const char* state = pq().result_error_field(result.get(), PG_DIAG_SQLSTATE);
  return state == nullptr ? "" : state;
}

std::string message_of(const Result& result, const PGconn* connection) {
  const char* primary = pq().result_error_field(result.get(), PG_DIAG_MESSAGE_PRIMARY);
  if (primary == nullptr) return one_line(pq().error_message(connection));
  const char* detail = pq().result_error_field(result.get(), PG_DIAG_MESSAGE_DETAIL);
  return one_line(detail == nullptr ? std::string(primary) : fmt::format("{} ({})", primary, detail));
}

std::string one_line(std::string_view text) {
  std::string line;
  while (!text.empty()) {
    const size_t end = text.find('\n');
    std::string_view part = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    // libpq indents its guesses at the reason.
    if (part.empty() || part.starts_with('\t') || part.starts_with("LOCATION:")) continue;
    if (!line.empty()) line += ' ';
    line += part;
  }
  return line;
}

}  // namespace tidemill::metadata::postgres
