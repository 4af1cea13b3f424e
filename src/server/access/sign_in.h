#pragma once
// Who asks: passwords, tokens and the cookie of the pages. There is one user, admin. Tokens are JWTs as
// Airflow's (airflow.api_fastapi.auth.tokens): HS512, audience "apache-airflow", valid for a day, or an hour
// for command lines. The cookie holds such a token. Safe for many threads.

#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/json_fwd.h"
#include "metadata/database.h"
#include "net/server/http_message.h"
#include "server/access/failed_attempts.h"

namespace tidemill::server {

inline constexpr char kAdmin[] = "admin";
inline constexpr int64_t kTokenLifetimeS = 86'400;
inline constexpr int64_t kCommandLineTokenLifetimeS = 3'600;

// Of a request: nobody, or a user by a token or by the cookie.
struct Identity {
  std::string user;        // "": nobody
  std::string csrf_token;  // what forms must send along; "" for tokens, which no other site can send
};

// Somebody guesses passwords. Answered as 429.
class TooManyAttempts : public Error {
 public:
  TooManyAttempts() : Error(ErrorCode::kUnavailable, "too many wrong passwords: wait a minute") {}
};

class SignIn {
 public:
  // `signing_key` is secret. `given_password`: admin's, from the environment, instead of the stored one; with
  // another one, tokens of before are not valid.
  // `is_behind_proxy`: connections of this machine are a proxy's, which says for whom (X-Forwarded-For).
  SignIn(const std::string& signing_key, std::optional<std::string> given_password, const Clock& clock,
         bool is_behind_proxy = false);

  // Errors: TooManyAttempts after 20 wrong passwords a minute from where `request` comes from. Cost:
  // milliseconds.
  bool is_password(metadata::Database& database, std::string_view user, std::string_view password,
                   const net::Request& request);
  std::string issue_token(std::string_view user, int64_t lifetime_s) const;
  // Set-Cookie that signs in with a new token, or out with none.
  std::string sign_in_cookie(std::string_view user, bool is_tls) const;
  std::string sign_out_cookie(bool is_tls) const;
  // The cookie's token is refused from now on, until this process ends.
  void revoke(const net::Request& request);

  // Errors: kPermissionDenied "Invalid JWT token" for one that is not valid; a cookie that is not is
  // nobody's.
  Identity identify(const net::Request& request) const;
  // Whether it has a token or cookie that is valid. Cost: microseconds.
  bool has_signed_in(const net::Request& request) const;

 private:
  std::string address_of(const net::Request& request) const;
  // Errors: those of net::verify_token; kPermissionDenied for a token that was revoked.
  Json claims_of(std::string_view token) const;
  std::string csrf_token_of(std::string_view token) const;

  std::string signing_key_;
  std::string cookie_name_;
  std::optional<std::string> given_password_;
  const Clock& clock_;
  bool is_behind_proxy_;
  FailedAttempts failed_attempts_;
  mutable std::mutex mutex_;
  std::map<std::string, int64_t> revoked_;  // until when the tokens are valid, in seconds, by their "jti"
};

// Gives admin a random password where there is none yet, and returns it: it is never to be had again.
std::optional<std::string> ensure_admin(metadata::Database& database, int64_t now_ms);

// The content of the file, made with a random key where there is none. Readable by its owner alone. Errors:
// those of throw_system_error.
std::string load_signing_key(const std::filesystem::path& path);

// Refuses what another site may have sent with this site's cookie.
// Errors: kPermissionDenied.
void check_same_site(const net::Request& request, const Identity& identity);

}  // namespace tidemill::server
