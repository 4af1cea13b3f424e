#include "storage/s3/aws_settings.h"

#include <fstream>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::storage::s3 {
namespace {

namespace fs = std::filesystem;
using Environment = std::map<std::string, std::string>;
using Section = std::map<std::string, std::string>;  // "s3.addressing_style" for what is indented below s3 =

std::string variable(const Environment& environment, const std::string& name) {
  const auto found = environment.find(name);
  return found == environment.end() ? "" : found->second;
}

std::string trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return "";
  return std::string(text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1));
}

struct IniFile {
  fs::path path;
  std::map<std::string, Section> sections;

  const Section* find(const std::string& name) const {
    const auto found = sections.find(name);
    return found == sections.end() ? nullptr : &found->second;
  }
};

// Nothing when there is no such file, as AWS's tools do.
IniFile read_ini(const fs::path& path) {
  IniFile ini{path, {}};
  std::ifstream file(path);
  Section* section = nullptr;
  std::string parent, line;
  for (int number = 1; std::getline(file, line); ++number) {
    std::string text = trimmed(line);
    if (text.empty() || text.front() == '#' || text.front() == ';') continue;
    if (const size_t comment = text.find(" #"); comment != std::string::npos) {
      text = trimmed(std::string_view(text).substr(0, comment));
    }
    if (text.front() == '[' && text.back() == ']') {
      section = &ini.sections[trimmed(std::string_view(text).substr(1, text.size() - 2))];
      parent.clear();
      continue;
    }
    const size_t equals = text.find('=');
    if (equals == std::string::npos || section == nullptr) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("{} line {} is neither [section] nor key = value: correct it", path.string(), number));
    }
    const std::string key = trimmed(std::string_view(text).substr(0, equals));
    const std::string value = trimmed(std::string_view(text).substr(equals + 1));
    const bool is_indented = line.front() == ' ' || line.front() == '\t';
    if (is_indented && !parent.empty()) {
      (*section)[parent + "." + key] = value;
    } else {
      (*section)[key] = value;
      parent = value.empty() ? key : "";
    }
  }
  return ini;
}

// The profile in both files, and what belongs to it.
class Profile {
 public:
  explicit Profile(const Environment& environment) {
    const fs::path home = variable(environment, "HOME");
    const auto file = [&](const char* name, const char* in_home) {
      const std::string given = variable(environment, name);
      return read_ini(given.empty() ? home / ".aws" / in_home : fs::path(given));
    };
    credentials_ = file("AWS_SHARED_CREDENTIALS_FILE", "credentials");
    config_ = file("AWS_CONFIG_FILE", "config");
    const std::string named = variable(environment, "AWS_PROFILE");
    name_ = named.empty() ? "default" : named;
    in_credentials_ = credentials_.find(name_);
    in_config_ = config_.find("profile " + name_);
    if (in_config_ == nullptr && name_ == "default") in_config_ = config_.find(name_);
    if (!named.empty() && in_credentials_ == nullptr && in_config_ == nullptr) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("AWS_PROFILE is '{}', and neither {} has [{}] nor {} has [profile {}]: correct "
                              "or unset AWS_PROFILE",
                              name_, credentials_.path.string(), name_, config_.path.string(), name_));
    }
  }
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  std::string value(const std::string& key) const {
    for (const Section* section : {in_credentials_, in_config_}) {
      if (section == nullptr) continue;
      if (const auto found = section->find(key); found != section->end()) return found->second;
    }
    return "";
  }
  std::string endpoint() const {
    if (const Section* services = config_.find("services " + value("services")); services != nullptr) {
      if (const auto found = services->find("s3.endpoint_url"); found != services->end())
        return found->second;
    }
    return value("endpoint_url");
  }
  // Keys from one file only, both of them.
  bool take_keys(AwsSettings& settings) const {
    for (const auto& [file, section] :
         {std::pair{&credentials_, in_credentials_}, std::pair{&config_, in_config_}}) {
      if (section == nullptr || !section->contains("aws_access_key_id")) continue;
      const auto get = [section = section](const char* key) {
        const auto found = section->find(key);
        return found == section->end() ? std::string() : found->second;
      };
      settings.access_key_id = get("aws_access_key_id");
      settings.secret_access_key = get("aws_secret_access_key");
      settings.session_token = get("aws_session_token");
      settings.keys_from = fmt::format("profile '{}' in {}", name_, file->path.string());
      return true;
    }
    return false;
  }
  Error no_keys() const {
    std::string how;
    for (const char* key : {"sso_session", "sso_start_url", "role_arn", "credential_process"}) {
      if (how.empty() && !value(key).empty()) {
        how = fmt::format(
            " (the profile has {}, which is not followed: eval \"$(aws configure export-credentials --format "
            "env)\" sets the variables)",
            key);
      }
    }
    return {
        ErrorCode::kPermissionDenied,
        fmt::format("there are no AWS keys: AWS_ACCESS_KEY_ID is not set and profile '{}' has none in {} or "
                    "{}{}; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or write the profile",
                    name_, credentials_.path.string(), config_.path.string(), how)};
  }

 private:
  IniFile credentials_, config_;
  std::string name_;
  const Section* in_credentials_ = nullptr;
  const Section* in_config_ = nullptr;
};

void read_keys(AwsSettings& settings, const Environment& environment, const Profile& profile) {
  settings.access_key_id = variable(environment, "AWS_ACCESS_KEY_ID");
  settings.secret_access_key = variable(environment, "AWS_SECRET_ACCESS_KEY");
  settings.session_token = variable(environment, "AWS_SESSION_TOKEN");
  settings.keys_from = "AWS_ACCESS_KEY_ID";
  if (settings.access_key_id.empty() && settings.secret_access_key.empty()) {
    settings.session_token.clear();
    if (!profile.take_keys(settings)) throw profile.no_keys();
  }
  if (settings.access_key_id.empty() || settings.secret_access_key.empty()) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("of the AWS keys from {} the {} is missing: set both, or neither", settings.keys_from,
                    settings.access_key_id.empty() ? "access key id" : "secret access key"));
  }
}

}  // namespace

AwsSettings read_aws_settings(const Environment& environment) {
  const Profile profile(environment);
  AwsSettings settings;
  read_keys(settings, environment, profile);
  const auto first = [](std::initializer_list<std::string> values) {
    for (const std::string& value : values) {
      if (!value.empty()) return value;
    }
    return std::string();
  };
  settings.region = first({variable(environment, "AWS_REGION"), variable(environment, "AWS_DEFAULT_REGION"),
                           profile.value("region")});
  if (variable(environment, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS") != "true") {
    settings.endpoint = first({variable(environment, "AWS_ENDPOINT_URL_S3"),
                               variable(environment, "AWS_ENDPOINT_URL"), profile.endpoint()});
  }
  if (const std::string style = profile.value("s3.addressing_style"); style == "path" || style == "virtual") {
    settings.path_style = style == "path";
  }
  settings.ca_file = first({variable(environment, "AWS_CA_BUNDLE"), profile.value("ca_bundle")});
  return settings;
}

}  // namespace tidemill::storage::s3
