#include "engine/duckdb/s3_folder.h"

#include <fmt/format.h>

#include "base/shared_library.h"
#include "base/text.h"

namespace tidemill::engine::duckdb {
namespace {

// Pauses of 0.1, 0.2, ... 1.6 seconds: 3 seconds until a server that is gone is given up.
constexpr int kTimeoutS = 30;
constexpr int kRetries = 5;
constexpr int kFirstPauseMs = 100;
constexpr int kPauseGrowth = 2;

}  // namespace

std::string s3_folder_sql(const S3Folder& folder) {
  const std::string extension = find_runtime_file("httpfs.duckdb_extension", "to read from S3");
  const bool use_tls = folder.endpoint.starts_with("https://");
  const std::string host = folder.endpoint.substr(folder.endpoint.find("://") + 3);
  std::string sql = fmt::format(
      "LOAD {}; SET GLOBAL s3_url_compatibility_mode = true; SET GLOBAL http_timeout = {}; SET GLOBAL "
      "http_retries = {}; "
      "SET GLOBAL http_retry_wait_ms = {}; SET GLOBAL http_retry_backoff = {}; SET GLOBAL "
      "enable_server_cert_verification = "
      "true; ",
      quote_literal(extension), kTimeoutS, kRetries, kFirstPauseMs, kPauseGrowth);
  if (!folder.ca_file.empty()) {
    sql += fmt::format("SET GLOBAL ca_cert_file = {}; ", quote_literal(folder.ca_file.string()));
  }
  sql += fmt::format(
      "CREATE SECRET tidemill_objects (TYPE s3, SCOPE {}, KEY_ID {}, SECRET {}, REGION {}, ENDPOINT {}, "
      "URL_STYLE {}, USE_SSL {}",
      quote_literal(folder.uri), quote_literal(folder.access_key_id), quote_literal(folder.secret_access_key),
      quote_literal(folder.region), quote_literal(host), quote_literal(folder.path_style ? "path" : "vhost"),
      use_tls);
  if (!folder.session_token.empty()) sql += ", SESSION_TOKEN " + quote_literal(folder.session_token);
  return sql + ")";
}

}  // namespace tidemill::engine::duckdb
