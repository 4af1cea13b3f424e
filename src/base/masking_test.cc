#include "base/masking.h"

#include <gtest/gtest.h>

namespace tidemill {
namespace {

TEST(Masking, NamesOfSecrets) {
  for (const char* name : {"db_password", "API-Key", "api key", "slack.TOKEN", "aws_secret_access_key"}) {
    EXPECT_TRUE(is_sensitive_name(name)) << name;
  }
  for (const char* name : {"latest_prepared_data", "key", "pass", ""})
    EXPECT_FALSE(is_sensitive_name(name)) << name;
}

TEST(Masking, ValuesAreShownButForSecrets) {
  EXPECT_EQ(masked_value("smtp_password", "x"), "***");
  EXPECT_EQ(masked_value("last_trained_data", "2026-11-01"), "2026-11-01");
  EXPECT_EQ(masked_value("smtp", R"({"host": "h",  "password": "x"})"), R"({"host":"h","password":"***"})");
  EXPECT_EQ(masked_value("all", R"([{"token": {"a": 1}}])"), R"([{"token":"***"}])");
  EXPECT_EQ(masked_value("smtp", R"({"host":  "h"})"), R"({"host":  "h"})");
  EXPECT_EQ(masked_value("odd", "{"), "{");
  const std::string deep(10'000, '[');
  EXPECT_EQ(masked_value("deep", deep), deep);
}

}  // namespace
}  // namespace tidemill
