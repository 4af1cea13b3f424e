#include "server/web_server.h"

#include <algorithm>
#include <atomic>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "net/auth/basic_auth.h"
#include "net/server/host_check.h"
#include "server/absent_database.h"
#include "server/access/base_url.h"
#include "server/airflow/errors.h"
#include "server/call.h"
#include "server/pages/error_page.h"
#include "server/pages/sign_in_page.h"
#include "server/project_pool.h"
#include "server/project_watcher.h"

namespace tidemill::server {
namespace {

constexpr int64_t kGraceMs = 2000;
constexpr uint64_t kMaxBodyBytes = 64 << 10;  // of a route that says nothing else, and of strangers

bool is_api(const net::Request& request) {
  return request.path.starts_with("/api/") || request.path.starts_with("/auth/") ||
         request.path.starts_with("/ui/");
}

bool changes_something(const net::Request& request) {
  return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

net::NamedValues headers_of_every_answer() {
  return {{"Content-Security-Policy",
           "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'; "
           "form-action 'self'; object-src 'none'"},
          {"X-Content-Type-Options", "nosniff"},
          {"Referrer-Policy", "same-origin"},
          {"Cache-Control", "no-store"}};
}

net::Response failure(const net::Request& request, const Error& error, const std::string& user) {
  return is_api(request) ? airflow::failure(error) : pages::error_page(error, user);
}

// What the server says by itself, before anything looked at the request.
net::Response refusal(const net::Request& request, int status, const std::string& detail) {
  if (!is_api(request)) return pages::refusal_page(status, detail);
  return net::Response::json({{"detail", detail}}, status);
}

bool is_ours_to_mend(const Error& error) {
  return error.code() == ErrorCode::kInternal || error.code() == ErrorCode::kCorrupted;
}

// Strangers are not told where the database is and how its files are called.
bool is_for_strangers(const Error& error) {
  return http_status(error.code()) < 500;
}

}  // namespace

// One of the workers that a kind of request may have at the same time.
class Share {
 public:
  Share(std::atomic<int>& users, int limit) : users_(users), is_granted_(users.fetch_add(1) < limit) {}
  ~Share() { users_.fetch_sub(1); }
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;
  bool is_granted() const { return is_granted_; }

 private:
  std::atomic<int>& users_;
  bool is_granted_;
};

class WebServer::Impl {
 public:
  Impl(ServerContext context, WebOptions options)
      : context_(std::move(context)),
        sign_in_(options.signing_key, options.given_password, context_.clock, !options.base_url.empty()),
        projects_(context_.open_project),
        watcher_([this] { return watched(context_.open_project()); }),
        is_loopback_(net::is_loopback(options.address)),
        hears_this_machine_alone_(is_loopback_ && options.base_url.empty()),
        max_engine_users_(std::max(1, options.worker_thread_count / 2)),
        server_(server_options(options), router(), hooks()) {
    if (!options.base_url.empty()) {
      const BaseUrl base = parse_base_url(options.base_url);
      known_hosts_ = {base.host};
      context_.is_behind_https = base.is_https;
    }
    context_.http_counters = [this] { return server_.counters(); };
  }

  net::HttpServer& http() { return server_; }

 private:
  static net::ServerOptions server_options(const WebOptions& options) {
    net::ServerOptions server;
    server.address = options.address;
    server.port = options.port;
    server.tls = options.tls;
    server.worker_thread_count = options.worker_thread_count;
    server.limits.max_body_bytes = kMaxBodyBytes;
    server.limits.max_connections = 1'000;
    server.default_headers = headers_of_every_answer();
    return server;
  }

  net::Router router() {
    net::Router router;
    for (const Endpoint& endpoint : all_endpoints()) {
      net::RouteOptions options;
      options.max_body_bytes = endpoint.max_body_bytes;
      router.add({endpoint.method, endpoint.pattern,
                  [this, endpoint](const net::Request& request) { return answer(endpoint, request); },
                  options});
    }
    return router;
  }

  net::ServerHooks hooks() {
    net::ServerHooks hooks;
    hooks.before = [this](net::Request& request) -> std::optional<net::Response> {
      if (!is_loopback_ || net::is_expected_host(request, known_hosts_)) return std::nullopt;
      return net::Response::text("this server answers to localhost only\n", 421);
    };
    hooks.not_found = [](const net::Request& request) {
      return is_api(request) ? airflow::no_such_route(request.path)
                             : pages::error_page({ErrorCode::kNotFound, "there is no such page"}, "");
    };
    hooks.method_not_allowed = [](const net::Request& request, const std::string& /*allow*/) {
      if (is_api(request)) return airflow::method_not_allowed();
      net::Response page = pages::error_page({ErrorCode::kNotFound, "there is no such page"}, "");
      page.set_status(405);
      return page;
    };
    hooks.refused = [](const net::Request& request, int status, std::string_view detail) {
      return refusal(request, status, std::string(detail));
    };
    hooks.max_body_bytes = [this](const net::Request& request, uint64_t limit) {
      return limit > kMaxBodyBytes && !sign_in_.has_signed_in(request) ? kMaxBodyBytes : limit;
    };
    hooks.on_unexpected = [this](const net::Request& request, std::string_view what) {
      context_.report(fmt::format("{} {}: {}", request.method, request.raw_path, what));
    };
    return hooks;
  }

  net::Response answer(const Endpoint& endpoint, const net::Request& request) {
    Identity identity;
    try {
      if (needs_a_user(endpoint)) {
        identity = sign_in_.identify(request);
        if (identity.user.empty()) identity.user = user_of_basic_authorization(request);
        if (identity.user.empty()) return ask_to_sign_in(request);
      }
      if (changes_something(request)) check_same_site(request, identity);
      return call(endpoint, request, identity);
    } catch (const TooManyAttempts& error) {
      return refusal(request, 429, error.message()).set_header("Retry-After", "60");
    } catch (const Error& error) {
      const bool is_told = !identity.user.empty() || is_for_strangers(error);
      if (is_ours_to_mend(error) || !is_told) {
        context_.report(fmt::format("{} {}: {}", request.method, request.raw_path, error.message()));
      }
      if (is_told) return failure(request, error, identity.user);
      return failure(request, {error.code(), "the project cannot be reached: see what the server prints"},
                     "");
    }
  }

  bool needs_a_user(const Endpoint& endpoint) const {
    return endpoint.access == Access::kSignedIn ||
           (endpoint.access == Access::kThisMachine && !hears_this_machine_alone_);
  }

  // As programs without a session send it; "" when it is not there or wrong.
  std::string user_of_basic_authorization(const net::Request& request) {
    const auto header = request.header("Authorization");
    const auto given = header ? net::parse_basic_authorization(*header) : std::nullopt;
    if (!given) return "";
    auto project = projects_.borrow();
    std::optional<AbsentDatabase> absent;
    const bool is_right =
        sign_in_.is_password(open_database(*project, absent), given->user, given->password, request);
    return is_right ? given->user : "";
  }

  net::Response ask_to_sign_in(const net::Request& request) const {
    if (is_api(request) || request.header("Authorization")) return airflow::not_authenticated();
    return pages::redirect_to_sign_in(request);
  }

  net::Response call(const Endpoint& endpoint, const net::Request& request, const Identity& identity) {
    std::optional<Share> share;
    if (endpoint.uses_engine && !share.emplace(engine_users_, max_engine_users_).is_granted()) {
      return refusal(request, 503, "too many such pages are being made at once: try again in a moment")
          .set_header("Retry-After", "1");
    }
    auto project = projects_.borrow();
    std::optional<AbsentDatabase> absent;
    metadata::Database& database = open_database(*project, absent);
    const auto by =
        identity.csrf_token.empty() ? workflow::TriggeredBy::kRestApi : workflow::TriggeredBy::kUi;
    workflow::Operations operations(database, context_.dags, context_.clock, {identity.user, by});
    Call call{request,  identity.user, identity.csrf_token, *project, database, operations, context_,
              sign_in_, watcher_};
    net::Response response = endpoint.handle(call);
    if (changes_something(request) && response.status() < 400) context_.wake_scheduler();
    return response;
  }

  static metadata::Database& open_database(dags::Services& project, std::optional<AbsentDatabase>& absent) {
    try {
      return project.metadata_for_writing();
    } catch (const Error& error) {
      return absent.emplace(Error(ErrorCode::kUnavailable, error.message()));
    }
  }

  ServerContext context_;
  SignIn sign_in_;
  ProjectPool projects_;
  ProjectWatcher watcher_;
  bool is_loopback_;
  bool hears_this_machine_alone_;         // and no proxy brings it requests of others
  std::vector<std::string> known_hosts_;  // beside this machine's
  int max_engine_users_;
  std::atomic<int> engine_users_ = 0;
  net::HttpServer server_;
};

WebServer::WebServer(ServerContext context, WebOptions options)
    : impl_(std::make_unique<Impl>(std::move(context), std::move(options))) {}

WebServer::~WebServer() = default;

void WebServer::start() {
  impl_->http().start();
}

void WebServer::stop() {
  impl_->http().stop(kGraceMs);
}

std::string WebServer::url() const {
  return impl_->http().url();
}

}  // namespace tidemill::server
