#pragma once
// What AWS's own tools would use here: keys, region and endpoint from variables and from the two files.
// Source: docs.aws.amazon.com/sdkref/latest/guide (standardized settings); variables win over files.
//
//   keys      AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; aws_access_key_id, ... of the
//   profile profile   AWS_PROFILE, else "default"; in AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials) as
//   [name], in
//             AWS_CONFIG_FILE (~/.aws/config) as [profile name]; the first file wins
//   region    AWS_REGION, AWS_DEFAULT_REGION; region
//   endpoint  AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL; endpoint_url of the profile's [services], of the profile
//   style     addressing_style of the profile's s3 settings
//   CA file   AWS_CA_BUNDLE; ca_bundle
//
// Keys that must be fetched first (roles, SSO, a credential_process, the machine's own role) are not: `aws
// configure export-credentials --format env` turns them into variables.

#include <filesystem>
#include <map>
#include <optional>
#include <string>

namespace tidemill::storage::s3 {

struct AwsSettings {
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
  std::string keys_from;  // "AWS_ACCESS_KEY_ID", "profile 'x' in /.../credentials"
  std::string region;     // "" when nothing says
  std::string endpoint;   // "" when nothing says
  std::optional<bool> path_style;
  std::filesystem::path ca_file;
};

// Errors: kPermissionDenied when there are no keys, saying where was looked and what to do; kInvalidArgument
// for half a pair of keys, an AWS_PROFILE that is in no file, or a line that cannot be read.
AwsSettings read_aws_settings(const std::map<std::string, std::string>& environment);

}  // namespace tidemill::storage::s3
