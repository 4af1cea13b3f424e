#include "storage/s3/target.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "net/http_client.h"
#include "storage/key.h"

namespace tidemill::storage::s3 {
namespace {

// Source: docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
bool is_bucket_name(const std::string& name) {
  const auto is_end = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  return name.size() >= 3 && name.size() <= 63 && is_end(name.front()) && is_end(name.back()) &&
         name.find("..") == std::string::npos &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_end(c) || c == '.' || c == '-'; });
}

std::string checked_endpoint(std::string endpoint) {
  while (endpoint.ends_with('/')) endpoint.pop_back();
  const size_t scheme = endpoint.find("://");
  const std::string rest = scheme == std::string::npos ? "" : endpoint.substr(scheme + 3);
  if ((!endpoint.starts_with("http://") && !endpoint.starts_with("https://")) || rest.empty() ||
      rest.find_first_of("/?#@ ") != std::string::npos) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("the S3 endpoint '{}' is not http://HOST[:PORT] or https://HOST[:PORT]: correct "
                            "storage.endpoint or AWS_ENDPOINT_URL",
                            endpoint));
  }
  return endpoint;
}

std::string endpoint_of_aws(const std::string& region) {
  return fmt::format("https://s3.{}.amazonaws.com{}", region, region.starts_with("cn-") ? ".cn" : "");
}

}  // namespace

std::string Target::uri() const {
  std::string text = "s3://" + bucket + "/" + prefix;
  text.pop_back();
  return text;
}

std::string Target::uri_of(const std::string& key) const {
  return "s3://" + bucket + "/" + prefix + key;
}

std::string Target::url(const std::string& full_key, const std::map<std::string, std::string>& query) const {
  std::string text = endpoint;
  if (path_style) {
    text += "/" + bucket;
  } else {
    text.insert(text.find("://") + 3, bucket + ".");
  }
  if (!path_style || !full_key.empty()) text += "/" + net::percent_encode(full_key, true);
  char separator = '?';
  for (const auto& [name, value] : query) {
    text += separator + net::percent_encode(name) + "=" + net::percent_encode(value);
    separator = '&';
  }
  return text;
}

Target make_target(const std::string& uri, const std::string& rest, const StoreOptions& options) {
  const auto refuse = [&](const std::string& why) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("storage uri '{}' {}; write s3://BUCKET or s3://BUCKET/PREFIX", uri, why));
  };
  if (!rest.starts_with("//")) refuse("names no bucket");
  Target target;
  const size_t slash = std::min(rest.find('/', 2), rest.size());
  target.bucket = rest.substr(2, slash - 2);
  if (target.bucket.empty()) refuse("names no bucket");
  if (!is_bucket_name(target.bucket)) {
    refuse(fmt::format("names the bucket '{}': bucket names are 3 to 63 of a-z, 0-9, '.' and '-'",
                       target.bucket));
  }
  std::string prefix = rest.substr(std::min(slash + 1, rest.size()));
  while (prefix.ends_with('/')) prefix.pop_back();
  if (!prefix.empty()) {
    check_key(prefix);
    target.prefix = prefix + "/";
  }
  target.aws = read_aws_settings(options.environment);
  const auto first = [](const std::string& one, const std::string& other, const std::string& last) {
    return !one.empty() ? one : (!other.empty() ? other : last);
  };
  target.region = first(options.s3_region, target.aws.region, "us-east-1");
  const std::string own = first(options.s3_endpoint, target.aws.endpoint, "");
  target.endpoint = checked_endpoint(own.empty() ? endpoint_of_aws(target.region) : own);
  const bool default_style = !own.empty() || target.bucket.find('.') != std::string::npos;
  target.path_style = options.s3_path_style.value_or(target.aws.path_style.value_or(default_style));
  if (!options.s3_ca_file.empty()) target.aws.ca_file = options.base_dir / options.s3_ca_file;
  return target;
}

}  // namespace tidemill::storage::s3
