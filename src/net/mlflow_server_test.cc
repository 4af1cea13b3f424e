#include "net/mlflow_server.h"

#include <filesystem>
#include <fstream>
#include <map>

#include "net/scripted_server.h"

namespace tidemill::net {
namespace {

MlflowServerOptions options_from(std::map<std::string, std::string> variables) {
  return mlflow_server_options([&](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    return found == variables.end() ? std::nullopt : std::optional<std::string>(found->second);
  });
}

Error error_for(const std::string& answered, const std::string& path = "/api/2.0/mlflow/runs/get?run_id=1",
                const std::string& credentials = "") {
  ScriptedServer scripted({answered});
  std::string uri = scripted.url();
  uri.insert(7, credentials);
  MlflowServer server(uri, {.retry_count = 0});
  HttpRequest request;
  request.url = path;
  const HttpResponse response = server.send(request, Repeat::kAlways);
  EXPECT_FALSE(response.is_success());
  return server.error_of(request, response);
}

std::string mlflows(const std::string& code) {
  return fmt::format(R"({{"error_code": "{}", "message": "why"}})", code);
}

TEST(MlflowServer, FindsCredentialsWhereMlflowDoes) {
  EXPECT_EQ(options_from({}).authorization, "");
  EXPECT_EQ(options_from({{"MLFLOW_TRACKING_TOKEN", "t"}}).authorization, "Bearer t");
  EXPECT_EQ(options_from({{"MLFLOW_TRACKING_TOKEN", "t"},
                          {"MLFLOW_TRACKING_USERNAME", "a"},
                          {"MLFLOW_TRACKING_PASSWORD", "b"}})
                .authorization,
            "Basic YTpi");
  const std::filesystem::path home = std::filesystem::path(testing::TempDir()) / "mlflow_home";
  std::filesystem::create_directories(home / ".mlflow");
  std::ofstream(home / ".mlflow" / "credentials")
      << "[other]\nmlflow_tracking_username = x\n[mlflow]\n# me\nmlflow_tracking_username = a\n"
         "mlflow_tracking_password=c\n";
  EXPECT_EQ(options_from({{"HOME", home.string()}}).authorization, basic_authorization("a", "c"));
  EXPECT_EQ(options_from({{"HOME", home.string()}, {"MLFLOW_TRACKING_PASSWORD", "b"}}).authorization,
            "Basic YTpi");
  std::filesystem::remove_all(home);
}

TEST(MlflowServer, ReadsLimitsAndCertificates) {
  const MlflowServerOptions options = options_from({{"MLFLOW_HTTP_REQUEST_TIMEOUT", "3"},
                                                    {"MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0"},
                                                    {"MLFLOW_TRACKING_INSECURE_TLS", "true"},
                                                    {"MLFLOW_TRACKING_SERVER_CERT_PATH", "/ca.pem"}});
  EXPECT_EQ(options.timeout_ms, 3000);
  EXPECT_EQ(options.retry_count, 0);
  EXPECT_FALSE(options.http.verify_tls);
  EXPECT_EQ(options.http.ca_file, "/ca.pem");
  EXPECT_THROW(options_from({{"MLFLOW_HTTP_REQUEST_TIMEOUT", "soon"}}), Error);
}

TEST(MlflowServer, TakesCredentialsFromTheAddressAndShowsNone) {
  ScriptedServer scripted({answer("200 OK", "{}")});
  std::string uri = scripted.url("/prefix/");
  uri.insert(7, "a:b%40c@");
  MlflowServer server(uri, {.authorization = "Bearer other"});
  EXPECT_EQ(server.uri(), scripted.url("/prefix"));
  server.send({.url = "/version"}, Repeat::kAlways);
  EXPECT_TRUE(scripted.requests()[0].starts_with("GET /prefix/version HTTP/1.1\r\n"));
  EXPECT_NE(scripted.requests()[0].find("Authorization: " + basic_authorization("a", "b@c")),
            std::string::npos);
  for (const char* wrong : {"http://", "http:host", "ftp://host", "http://a b", "http://host?x=1"}) {
    EXPECT_THROW(MlflowServer(wrong, {}), Error) << wrong;
  }
}

TEST(MlflowServer, KnowsMlflowsErrors) {
  EXPECT_EQ(error_for(answer("404 Not Found", mlflows("RESOURCE_DOES_NOT_EXIST"))).code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(error_for(answer("400 Bad", mlflows("RESOURCE_ALREADY_EXISTS"))).code(),
            ErrorCode::kAlreadyExists);
  EXPECT_EQ(error_for(answer("400 Bad", mlflows("INVALID_PARAMETER_VALUE"))).message(), "why");
  EXPECT_EQ(error_for(answer("403 Forbidden", mlflows("PERMISSION_DENIED"))).code(),
            ErrorCode::kPermissionDenied);
  EXPECT_EQ(error_for(answer("500 Oh", mlflows("INTERNAL_ERROR"))).code(), ErrorCode::kUnavailable);
}

TEST(MlflowServer, SaysWhatElseAnswered) {
  const Error page = error_for(answer("404 Not Found", "<html>\nno\n</html>"));
  EXPECT_EQ(page.code(), ErrorCode::kInvalidArgument);  // never "does not exist"
  EXPECT_NE(page.message().find("is not an MLflow server: it answered 404 <html> no"), std::string::npos);
  const Error old = error_for(answer("404 Not Found", "<html>"), "/api/2.0/mlflow/logged-models");
  EXPECT_EQ(old.code(), ErrorCode::kNotImplemented);
  EXPECT_NE(old.message().find("MLflow 3.0 or newer is needed"), std::string::npos);
  EXPECT_EQ(error_for(answer("502 Bad Gateway", "<html>nginx</html>")).code(), ErrorCode::kUnavailable);
  EXPECT_NE(error_for(answer("302 Found", "", "Location: https://login\r\n")).message().find("https://login"),
            std::string::npos);
  const Error anonymous = error_for(answer("401 No", "You are not authenticated."));
  EXPECT_EQ(anonymous.code(), ErrorCode::kPermissionDenied);
  EXPECT_NE(anonymous.message().find("set MLFLOW_TRACKING_USERNAME"), std::string::npos);
  const Error wrong = error_for(answer("401 No", "no"), "/x", "ann:secret@");
  EXPECT_NE(wrong.message().find("credentials it was given are wrong"), std::string::npos);
  EXPECT_EQ(wrong.message().find("secret"), std::string::npos);
}

}  // namespace
}  // namespace tidemill::net
