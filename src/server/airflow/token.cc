// POST /auth/token {username, password} (airflow.api_fastapi.auth.managers.simple.routes.login).

#include "server/access/sign_in.h"
#include "server/airflow/operation.h"

namespace tidemill::server::airflow {
namespace {

net::Response issue(Call& call, const Input& input, int64_t lifetime_s) {
  const auto user = input.body.at("username").get<std::string>();
  const auto password = input.body.at("password").get<std::string>();
  if (!call.sign_in.is_password(call.database, user, password, call.request)) {
    return refuse(401, "Invalid credentials");
  }
  return net::Response::json({{"access_token", call.sign_in.issue_token(user, lifetime_s)}});
}

net::Response create_token(Call& call, const Input& input) {
  return issue(call, input, kTokenLifetimeS);
}

net::Response create_command_line_token(Call& call, const Input& input) {
  return issue(call, input, kCommandLineTokenLifetimeS);
}

}  // namespace

std::vector<Operation> token_operations() {
  const char* const tag = "SimpleAuthManagerLogin";
  return {{"POST",
           "/auth/token",
           create_token,
           "create_token",
           tag,
           "A token for a day",
           {},
           "LoginBody",
           "LoginResponse",
           201,
           Access::kAnyone},
          {"POST",
           "/auth/token/cli",
           create_command_line_token,
           "create_token_cli",
           tag,
           "A token for an hour, for command lines",
           {},
           "LoginBody",
           "LoginResponse",
           201,
           Access::kAnyone}};
}

}  // namespace tidemill::server::airflow
