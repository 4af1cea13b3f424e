#include "server/web_server.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "net/auth/basic_auth.h"
#include "net/server/host_check.h"
#include "server/airflow/errors.h"
#include "server/airflow/run_waiters.h"
#include "server/call.h"
#include "server/change_feed.h"
#include "server/pages/error_page.h"
#include "server/pages/sign_in_page.h"
#include "server/project_pool.h"

namespace tidemill::server {
namespace {

constexpr int64_t kGraceMs = 2000;

bool is_api(const net::Request& request) {
  return request.path.starts_with("/api/") || request.path.starts_with("/auth/") ||
         request.path.starts_with("/ui/");
}

bool changes_something(const net::Request& request) {
  return request.method != "GET" && request.method != "HEAD" && request.method != "OPTIONS";
}

bool is_loopback(const std::string& address) {
  return address.starts_with("127.") || address == "::1";
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

}  // namespace

class WebServer::Impl {
 public:
  Impl(ServerContext context, WebOptions options)
      : context_(std::move(context)),
        sign_in_(options.signing_key, options.given_password, context_.clock),
        projects_(context_.open_project),
        changes_([this] { return open_changes(); }),
        run_waiters_(context_.open_project),
        is_loopback_(is_loopback(options.address)),
        server_(server_options(options), router(), hooks()) {
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
    server.limits.max_body_bytes = 64 << 10;  // who asks is known after the body has come; forms are small
    server.limits.max_connections = 1'000;
    server.default_headers = headers_of_every_answer();
    return server;
  }

  ChangeFeed::Changes open_changes() const {
    const std::shared_ptr<dags::Services> project = context_.open_project();
    return [project] { return metadata::change_number(project->metadata_for_writing()); };
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
      if (!is_loopback_ || net::is_expected_host(request)) return std::nullopt;
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
    hooks.on_unexpected = [this](const net::Request& request, std::string_view what) {
      context_.report(fmt::format("{} {}: {}", request.method, request.raw_path, what));
    };
    return hooks;
  }

  net::Response answer(const Endpoint& endpoint, const net::Request& request) {
    Identity identity;
    try {
      identity = sign_in_.identify(request);
      if (identity.user.empty()) identity.user = user_of_basic_authorization(request);
      if (identity.user.empty() && needs_a_user(endpoint)) return ask_to_sign_in(request);
      if (changes_something(request)) {
        // Signing in needs no form of an earlier session.
        check_same_site(request, endpoint.access == Access::kAnyone ? Identity() : identity);
      }
      return call(endpoint, request, identity);
    } catch (const Error& error) {
      if (error.code() == ErrorCode::kInternal || error.code() == ErrorCode::kCorrupted) {
        context_.report(fmt::format("{} {}: {}", request.method, request.raw_path, error.message()));
      }
      return failure(request, error, identity.user);
    }
  }

  bool needs_a_user(const Endpoint& endpoint) const {
    return endpoint.access == Access::kSignedIn || (endpoint.access == Access::kThisMachine && !is_loopback_);
  }

  // As programs without a session send it; "" when it is not there or wrong.
  std::string user_of_basic_authorization(const net::Request& request) {
    const auto header = request.header("Authorization");
    const auto given = header ? net::parse_basic_authorization(*header) : std::nullopt;
    if (!given) return "";
    auto project = projects_.borrow();
    const bool is_right =
        sign_in_.is_password((*project).metadata_for_writing(), given->user, given->password);
    return is_right ? given->user : "";
  }

  net::Response ask_to_sign_in(const net::Request& request) const {
    if (is_api(request) || request.header("Authorization")) return airflow::not_authenticated();
    return pages::redirect_to_sign_in(request);
  }

  net::Response call(const Endpoint& endpoint, const net::Request& request, const Identity& identity) {
    auto project = projects_.borrow();
    const auto by =
        identity.csrf_token.empty() ? workflow::TriggeredBy::kRestApi : workflow::TriggeredBy::kUi;
    workflow::Operations operations((*project).metadata_for_writing(), context_.dags, context_.clock,
                                    {identity.user, by});
    Call call{request,  identity.user, identity.csrf_token, *project, operations, context_,
              sign_in_, changes_,      run_waiters_};
    net::Response response = endpoint.handle(call);
    if (changes_something(request)) context_.wake_scheduler();
    return response;
  }

  ServerContext context_;
  SignIn sign_in_;
  ProjectPool projects_;
  ChangeFeed changes_;
  airflow::RunWaiters run_waiters_;
  bool is_loopback_;
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
