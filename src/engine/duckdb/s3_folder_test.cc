// SQL over S3, from a server that knows one Parquet file. With real servers: tests/servers/s3_test.py.

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/engine.h"
#include "net/scripted_server.h"

namespace tidemill::engine {
namespace {

namespace fs = std::filesystem;

class S3FolderTest : public testing::Test {
 protected:
  S3FolderTest() : dir_(fs::path(testing::TempDir()) / ("s3_folder_" + std::to_string(::getpid()))) {
    fs::create_directories(dir_);
    options_.readable_paths = {dir_.string()};
    options_.s3_folder = S3Folder{.uri = "s3://bucket/data/",
                                  .endpoint = "http://127.0.0.1:1",
                                  .path_style = true,
                                  .region = "eu-west-1",
                                  .access_key_id = "AKID",
                                  .secret_access_key = "very'secret",
                                  .session_token = "token",
                                  .ca_file = {}};
  }
  ~S3FolderTest() override { fs::remove_all(dir_); }

  static Error error_of(Session& session, const std::string& sql) {
    try {
      session.execute(sql);
    } catch (const Error& error) {
      return error;
    }
    ADD_FAILURE() << "no error: " << sql;
    return {ErrorCode::kInternal, ""};
  }

  fs::path dir_;
  EngineOptions options_;
};

TEST_F(S3FolderTest, OpensNothingElse) {
  const auto engine = open_engine(options_);
  const auto session = engine->new_session();
  const auto code = [&](const std::string& sql) { return error_of(*session, sql).code(); };
  const auto denied = ErrorCode::kPermissionDenied;
  EXPECT_EQ(code("SELECT * FROM read_parquet('s3://bucket/other/a.parquet')"), denied);
  EXPECT_EQ(code("SELECT * FROM read_parquet('s3://else/data/a.parquet')"), denied);
  EXPECT_EQ(code("SELECT * FROM read_csv('http://127.0.0.1:1/bucket/data/a.csv')"), denied);
  EXPECT_EQ(code("COPY (SELECT 1) TO 's3://else/x.parquet'"), denied);
  EXPECT_EQ(code("SET s3_endpoint = 'elsewhere'"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code("SELECT * FROM duckdb_secrets(redact = false)"), ErrorCode::kInvalidArgument);
  const auto stream = session->query("SELECT secret_string FROM duckdb_secrets()");
  const std::string shown(stream->next()->string_at(0, 0));
  EXPECT_EQ(shown.find("very"), std::string::npos) << shown;
}

TEST_F(S3FolderTest, ReadsNamesWithAnyCharacter) {
  const std::string path = (dir_ / "a.parquet").string();
  {
    EngineOptions local;
    local.readable_paths = {dir_.string()};
    open_engine(local)->new_session()->execute("COPY (SELECT 42 AS x) TO '" + path + "' (FORMAT parquet)");
  }
  std::ifstream file(path, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  const std::string length = std::to_string(bytes.size());
  net::ScriptedServer server(
      {"HTTP/1.1 200 OK\r\nConnection: close\r\nAccept-Ranges: bytes\r\nContent-Length: " + length +
           "\r\nETag: \"e\"\r\nLast-Modified: Wed, 25 Nov 2026 00:00:00 GMT\r\n\r\n",
       net::answer("206 Partial Content", bytes,
                   "Connection: close\r\nContent-Range: bytes 0-" + std::to_string(bytes.size() - 1) + "/" +
                       length + "\r\n")});
  options_.s3_folder->endpoint = server.url("");
  const auto engine = open_engine(options_);
  const auto session = engine->new_session();
  const auto stream =
      session->query("SELECT x FROM read_parquet('s3://bucket/data/year=2026/a+b %*?[ü].parquet')");
  double x = 0;
  stream->next()->copy_doubles(0, &x);
  EXPECT_EQ(x, 42);
  const std::string& sent = server.requests()[0];
  EXPECT_TRUE(sent.starts_with("HEAD /bucket/data/year%3D2026/a%2Bb%20%25%2A%3F%5B%C3%BC%5D.parquet "))
      << sent;
  EXPECT_NE(sent.find("/eu-west-1/s3/aws4_request"), std::string::npos) << sent;
}

TEST_F(S3FolderTest, SaysWhatTheServerSays) {
  net::ScriptedServer server({net::answer("404 Not Found", "", "Connection: close\r\n"),
                              net::answer("404 Not Found", "", "Connection: close\r\n")});
  options_.s3_folder->endpoint = server.url("");
  const auto engine = open_engine(options_);
  EXPECT_EQ(error_of(*engine->new_session(), "SELECT * FROM read_parquet('s3://bucket/data/a')").code(),
            ErrorCode::kNotFound);
}

TEST_F(S3FolderTest, SaysInOneSentenceThatAServerIsGone) {
  options_.s3_folder->endpoint = "http://127.0.0.1:9";
  const auto engine = open_engine(options_);
  const Error error = error_of(*engine->new_session(), "SELECT * FROM read_parquet('s3://bucket/data/a')");
  EXPECT_EQ(error.code(), ErrorCode::kUnavailable);
  EXPECT_EQ(error.message().find('\n'), std::string::npos) << error.message();
  EXPECT_NE(error.message().find("http://127.0.0.1:9/"), std::string::npos) << error.message();
  EXPECT_NE(error.message().find("then try again"), std::string::npos) << error.message();
}

}  // namespace
}  // namespace tidemill::engine
