#include "server/access/sign_in.h"

#include <algorithm>
#include <fstream>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/secrets.h"
#include "net/auth/basic_auth.h"
#include "net/auth/json_web_token.h"
#include "net/auth/password_hash.h"
#include "net/auth/random_token.h"
#include "net/server/cookies.h"
#include "net/server/host_check.h"
#include "net/server/url_text.h"

namespace tidemill::server {
namespace {

constexpr int64_t kLeewayS = 60;  // more than net::TokenRules allows
constexpr char kAudience[] = "apache-airflow";
// Passwords are random: 96 bits cannot be guessed, however cheap a guess is.
constexpr net::PasswordCost kPasswordCost{.log2_n = 10};

net::CookieOptions cookie_options(bool is_tls) {
  net::CookieOptions options;
  options.secure = is_tls;
  options.max_age_s = kTokenLifetimeS;
  return options;
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

// What the body of a form says, or the header that scripts send.
std::string sent_csrf_token(const net::Request& request) {
  if (const auto header = request.header("X-CSRF-Token")) return std::string(*header);
  const auto form = net::parse_urlencoded(request.body);
  if (!form) return "";
  for (const auto& [name, value] : *form) {
    if (name == "csrf_token") return value;
  }
  return "";
}

}  // namespace

SignIn::SignIn(const std::string& signing_key, std::optional<std::string> given_password, const Clock& clock,
               bool is_behind_proxy)
    : signing_key_(given_password ? hmac_sha256(signing_key, "password " + *given_password) : signing_key),
      // Airflow's name for it, and which server's: cookies do not tell ports apart.
      cookie_name_("_token_" + hex(hmac_sha256(signing_key, "cookie")).substr(0, 8)),
      given_password_(std::move(given_password)),
      clock_(clock),
      is_behind_proxy_(is_behind_proxy) {}

std::string SignIn::address_of(const net::Request& request) const {
  if (!is_behind_proxy_ || !net::is_loopback(request.remote_address)) return request.remote_address;
  // The last one is the proxy's word; those before it are the client's.
  std::string_view last;
  for (const auto& [name, value] : request.headers) {
    if (net::equal_ignoring_case(name, "X-Forwarded-For")) last = value;
  }
  if (last.empty()) return request.remote_address;
  last.remove_prefix(last.rfind(',') + 1);
  last.remove_prefix(std::min(last.find_first_not_of(' '), last.size()));
  return std::string(last);
}

bool SignIn::is_password(metadata::Database& database, std::string_view user, std::string_view password,
                         const net::Request& request) {
  const std::string address = address_of(request);
  if (failed_attempts_.are_too_many(address, clock_.now_ms())) throw TooManyAttempts();
  bool is_right = false;
  if (given_password_) {
    is_right = user == kAdmin && equal_in_constant_time(password, *given_password_);
  } else {
    const auto row = database.query_first("SELECT password_hash FROM account WHERE username = ?",
                                          {metadata::Value(std::string(user))});
    // Somebody who is not there takes as long as somebody who is.
    static const std::string kNobody = net::hash_password("nobody", kPasswordCost);
    is_right = net::is_password(password, row ? row->text(0) : kNobody) && row.has_value();
  }
  if (!is_right) failed_attempts_.add(address, clock_.now_ms());
  return is_right;
}

std::string SignIn::issue_token(std::string_view user, int64_t lifetime_s) const {
  const int64_t now_s = clock_.now_ms() / 1000;
  const Json claims = {{"sub", std::string(user)},     {"role", "ADMIN"},  {"teams", Json::array()},
                       {"jti", net::random_token(16)}, {"aud", kAudience}, {"nbf", now_s},
                       {"exp", now_s + lifetime_s},    {"iat", now_s}};
  return net::sign_token(claims, signing_key_, net::TokenAlgorithm::kHs512);
}

std::string SignIn::csrf_token_of(std::string_view token) const {
  return hex(hmac_sha256(signing_key_, "csrf " + std::string(token)));
}

std::string SignIn::sign_in_cookie(std::string_view user, bool is_tls) const {
  return net::format_set_cookie(cookie_name_, issue_token(user, kTokenLifetimeS), cookie_options(is_tls));
}

std::string SignIn::sign_out_cookie(bool is_tls) const {
  net::CookieOptions options = cookie_options(is_tls);
  options.max_age_s = 0;
  return net::format_set_cookie(cookie_name_, "", options);
}

Json SignIn::claims_of(std::string_view token) const {
  net::TokenRules rules;
  rules.now_s = clock_.now_ms() / 1000;
  rules.audience = kAudience;
  Json claims = net::verify_token(token, signing_key_, rules);
  const std::lock_guard lock(mutex_);
  if (revoked_.contains(claims.value("jti", ""))) {
    throw Error(ErrorCode::kPermissionDenied, "the token has been revoked");
  }
  return claims;
}

Identity SignIn::identify(const net::Request& request) const {
  if (const auto header = request.header("Authorization")) {
    const auto token = net::parse_bearer_authorization(*header);
    if (!token) return {};
    try {
      return {claims_of(*token).value("sub", ""), ""};
    } catch (const Error&) {
      throw Error(ErrorCode::kPermissionDenied, "Invalid JWT token");
    }
  }
  const auto cookie = request.cookie(cookie_name_);
  if (!cookie) return {};
  try {
    return {claims_of(*cookie).value("sub", ""), csrf_token_of(*cookie)};
  } catch (const Error&) {
    return {};  // it ran out: whoever needs to be somebody is asked to sign in
  }
}

bool SignIn::has_signed_in(const net::Request& request) const {
  try {
    return !identify(request).user.empty();
  } catch (const Error&) {
    return false;
  }
}

void SignIn::revoke(const net::Request& request) {
  const auto cookie = request.cookie(cookie_name_);
  if (!cookie) return;
  Json claims;
  try {
    claims = claims_of(*cookie);
  } catch (const Error&) {
    return;  // it is refused already
  }
  const int64_t now_s = clock_.now_ms() / 1000;
  const std::lock_guard lock(mutex_);
  std::erase_if(revoked_, [&](const auto& entry) { return entry.second + kLeewayS < now_s; });
  revoked_[claims.value("jti", "")] = claims.value("exp", now_s + kTokenLifetimeS);
}

std::optional<std::string> ensure_admin(metadata::Database& database, int64_t now_ms) {
  metadata::Transaction transaction(database);
  if (database.query_first("SELECT 1 FROM account")) return std::nullopt;
  const std::string password = net::random_token(12);
  const std::string hash = net::hash_password(password, kPasswordCost);
  database.execute("INSERT INTO account (username, password_hash, created_at_ms) VALUES (?, ?, ?)",
                   {std::string(kAdmin), hash, now_ms});
  transaction.commit();
  return password;
}

std::string load_signing_key(const std::filesystem::path& path) {
  std::filesystem::create_directories(path.parent_path());
  const std::filesystem::path draft = path.string() + "." + std::to_string(getpid());
  std::error_code failure;
  if (!std::filesystem::exists(path, failure)) {
    const int fd = open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (fd < 0) throw_system_error(errno, "write", draft.string());
    const std::string key = net::random_token(48);
    const bool written = write(fd, key.data(), key.size()) == static_cast<ssize_t>(key.size());
    close(fd);
    // link() leaves the key alone that somebody else made meanwhile.
    if (!written || (link(draft.c_str(), path.c_str()) != 0 && errno != EEXIST)) {
      const int error = errno;
      unlink(draft.c_str());
      throw_system_error(error, "write", path.string());
    }
    unlink(draft.c_str());
  }
  std::ifstream file(path, std::ios::binary);
  std::string key{std::istreambuf_iterator<char>(file), {}};
  if (key.size() < 32) throw Error(ErrorCode::kCorrupted, path.string() + " is no signing key: remove it");
  return key;
}

void check_same_site(const net::Request& request, const Identity& identity) {
  const auto site = request.header("Sec-Fetch-Site");
  if (site && *site != "same-origin" && *site != "none") {
    throw Error(ErrorCode::kPermissionDenied, "another site sent this request");
  }
  if (identity.csrf_token.empty()) return;
  if (!equal_in_constant_time(sent_csrf_token(request), identity.csrf_token)) {
    throw Error(ErrorCode::kPermissionDenied,
                "the form is of an earlier session: go back, reload the page and send it again");
  }
}

}  // namespace tidemill::server
