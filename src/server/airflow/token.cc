// POST /auth/token {username, password} (airflow.api_fastapi.auth.managers.simple.routes.login).

#include "base/error.h"
#include "base/json.h"
#include "server/access/sign_in.h"
#include "server/airflow/endpoints.h"
#include "server/airflow/errors.h"

namespace tidemill::server::airflow {
namespace {

constexpr uint64_t kMaxBodyBytes = 16 << 10;

net::Response issue(Call& call, int64_t lifetime_s) {
  Json body;
  try {
    body = parse_json(call.request.body, "the body");
  } catch (const Error& error) {
    return net::Response::json({{"detail", error.message()}}, 422);
  }
  const auto text = [&](const char* name) -> std::optional<std::string> {
    if (!body.is_object() || !body.contains(name) || !body[name].is_string()) return std::nullopt;
    return body[name].get<std::string>();
  };
  const auto user = text("username"), password = text("password");
  if (!user || !password) {
    const Json missing = {{"type", "missing"},
                          {"loc", {"body", user ? "password" : "username"}},
                          {"msg", "Field required"},
                          {"input", nullptr}};
    return net::Response::json({{"detail", Json::array({missing})}}, 422);
  }
  if (!call.sign_in.is_password(call.project.metadata_for_writing(), *user, *password)) {
    return net::Response::json({{"detail", "Invalid credentials"}}, 401);
  }
  return net::Response::json({{"access_token", call.sign_in.issue_token(*user, lifetime_s)}}, 201);
}

net::Response create_token(Call& call) {
  return issue(call, kTokenLifetimeS);
}

net::Response create_command_line_token(Call& call) {
  return issue(call, kCommandLineTokenLifetimeS);
}

}  // namespace

std::vector<Endpoint> token_endpoints() {
  return {{"POST", "/auth/token", create_token, Access::kAnyone, kMaxBodyBytes},
          {"POST", "/auth/token/cli", create_command_line_token, Access::kAnyone, kMaxBodyBytes}};
}

}  // namespace tidemill::server::airflow
