#include "storage/s3/aws_settings.h"

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/id.h"
#include "storage/s3/target.h"

namespace tidemill::storage::s3 {
namespace {

namespace fs = std::filesystem;
using Environment = std::map<std::string, std::string>;

class AwsSettingsTest : public testing::Test {
 protected:
  AwsSettingsTest() : home_(fs::temp_directory_path() / ("tidemill-test-" + new_id())) {
    fs::create_directories(home_ / ".aws");
    environment_["HOME"] = home_.string();
  }
  ~AwsSettingsTest() override { fs::remove_all(home_); }

  void credentials(const std::string& text) { std::ofstream(home_ / ".aws" / "credentials") << text; }
  void config(const std::string& text) { std::ofstream(home_ / ".aws" / "config") << text; }
  AwsSettings read() const { return read_aws_settings(environment_); }
  std::string message(ErrorCode expected) const {
    try {
      read();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), expected) << error.message();
      return error.message();
    }
    ADD_FAILURE() << "no error";
    return "";
  }

  fs::path home_;
  Environment environment_;
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(AwsSettingsTest, VariablesWin) {
  credentials("[default]\naws_access_key_id = FILE\naws_secret_access_key = s\naws_session_token = t\n");
  config("[default]\nregion = eu-west-1\nendpoint_url = http://file:1\n");
  EXPECT_EQ(read().access_key_id, "FILE");
  EXPECT_EQ(read().session_token, "t");
  EXPECT_EQ(read().region, "eu-west-1");
  EXPECT_EQ(read().endpoint, "http://file:1");
  environment_["AWS_ACCESS_KEY_ID"] = "ENV";
  environment_["AWS_SECRET_ACCESS_KEY"] = "e";
  environment_["AWS_DEFAULT_REGION"] = "us-west-1";
  environment_["AWS_ENDPOINT_URL"] = "http://env:1";
  EXPECT_EQ(read().access_key_id, "ENV");
  EXPECT_EQ(read().session_token, "");  // belongs to the other keys
  EXPECT_EQ(read().region, "us-west-1");
  EXPECT_EQ(read().endpoint, "http://env:1");
  environment_["AWS_REGION"] = "us-west-2";
  environment_["AWS_ENDPOINT_URL_S3"] = "http://s3:1";
  EXPECT_EQ(read().region, "us-west-2");
  EXPECT_EQ(read().endpoint, "http://s3:1");
  environment_["AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"] = "true";
  EXPECT_EQ(read().endpoint, "");
}

TEST_F(AwsSettingsTest, ReadsProfiles) {
  credentials(
      "# a comment\n[default]\naws_access_key_id=D\naws_secret_access_key=d\n\n[ lab ]\n"
      "aws_access_key_id = L\naws_secret_access_key = l=/+ # mine\n");
  config(
      "[profile lab]\nregion=eu-central-1\nservices = local\nca_bundle = /ca.pem\n"
      "s3 =\n  addressing_style = path\n  max_concurrent_requests = 20\noutput = json\n"
      "[profile only config]\naws_access_key_id = C\naws_secret_access_key = c\n"
      "[services local]\ns3 =\n  endpoint_url = http://localhost:9000\n");
  EXPECT_EQ(read().access_key_id, "D");
  environment_["AWS_PROFILE"] = "lab";
  const AwsSettings lab = read();
  EXPECT_EQ(lab.access_key_id, "L");
  EXPECT_EQ(lab.secret_access_key, "l=/+");
  EXPECT_EQ(lab.keys_from, "profile 'lab' in " + (home_ / ".aws" / "credentials").string());
  EXPECT_EQ(lab.region, "eu-central-1");
  EXPECT_EQ(lab.endpoint, "http://localhost:9000");
  EXPECT_EQ(lab.path_style, true);
  EXPECT_EQ(lab.ca_file, "/ca.pem");
  environment_["AWS_PROFILE"] = "only config";
  EXPECT_EQ(read().access_key_id, "C");
  environment_["AWS_SHARED_CREDENTIALS_FILE"] = (home_ / "other").string();
  std::ofstream(home_ / "other") << "[only config]\naws_access_key_id = O\naws_secret_access_key = o\n";
  EXPECT_EQ(read().access_key_id, "O");
}

TEST_F(AwsSettingsTest, SaysWhereItLookedForKeys) {
  const std::string text = message(ErrorCode::kPermissionDenied);
  EXPECT_TRUE(has(text, "AWS_ACCESS_KEY_ID is not set")) << text;
  EXPECT_TRUE(has(text, (home_ / ".aws" / "credentials").string())) << text;
  EXPECT_TRUE(has(text, (home_ / ".aws" / "config").string())) << text;
  config("[default]\nsso_session = corp\n");
  EXPECT_TRUE(has(message(ErrorCode::kPermissionDenied), "the profile has sso_session"));
  environment_["AWS_PROFILE"] = "nobody";
  EXPECT_TRUE(has(message(ErrorCode::kInvalidArgument), "AWS_PROFILE is 'nobody'"));
  environment_.erase("AWS_PROFILE");
  environment_["AWS_ACCESS_KEY_ID"] = "half";
  EXPECT_TRUE(has(message(ErrorCode::kInvalidArgument), "the secret access key is missing"));
  environment_.erase("AWS_ACCESS_KEY_ID");
  config("[default]\nno equals sign\n");
  EXPECT_TRUE(has(message(ErrorCode::kInvalidArgument), "config line 2"));
}

class TargetTest : public testing::Test {
 protected:
  Target target(const std::string& uri) const { return make_target(uri, uri.substr(3), options_); }
  std::string url(const std::string& uri) const { return target(uri).url("a b", {}); }
  void refused(const std::string& uri, const std::string& why) const {
    try {
      target(uri);
      ADD_FAILURE() << uri;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
      EXPECT_TRUE(has(error.message(), why)) << error.message();
    }
  }
  StoreOptions options_{.environment = {{"AWS_ACCESS_KEY_ID", "k"}, {"AWS_SECRET_ACCESS_KEY", "s"}}};
};

TEST_F(TargetTest, FindsTheBucket) {
  EXPECT_EQ(url("s3://features"), "https://features.s3.us-east-1.amazonaws.com/a%20b");
  options_.s3_region = "cn-north-1";
  EXPECT_EQ(url("s3://features"), "https://features.s3.cn-north-1.amazonaws.com.cn/a%20b");
  EXPECT_EQ(url("s3://with.dots"), "https://s3.cn-north-1.amazonaws.com.cn/with.dots/a%20b");
  options_.environment["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9000/";
  EXPECT_EQ(url("s3://features"), "http://127.0.0.1:9000/features/a%20b");
  options_.s3_endpoint = "https://minio";
  options_.s3_path_style = false;
  EXPECT_EQ(url("s3://features"), "https://features.minio/a%20b");
  EXPECT_EQ(target("s3://features/a/b/").uri_of("k"), "s3://features/a/b/k");
  EXPECT_EQ(target("s3://features/a/b/").uri(), "s3://features/a/b");
  EXPECT_EQ(target("s3://features/").uri(), "s3://features");
}

TEST_F(TargetTest, RefusesWhatIsNoPlace) {
  refused("s3:features", "names no bucket");
  refused("s3:///x", "names no bucket");
  refused("s3://Features", "bucket names are 3 to 63");
  refused("s3://ab", "bucket names are 3 to 63");
  refused("s3://features/a//b", "empty part");
  refused("s3://features/../x", "starts with a dot");
  for (const char* endpoint : {"127.0.0.1:9000", "ftp://x", "http://", "http://x/path", "http://u:p@x"}) {
    options_.s3_endpoint = endpoint;
    refused("s3://features", "the S3 endpoint");
  }
}

}  // namespace
}  // namespace tidemill::storage::s3
