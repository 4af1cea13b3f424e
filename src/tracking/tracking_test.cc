#include <gtest/gtest.h>

#include "base/error.h"
#include "tracking/model_uri.h"
#include "tracking/validation.h"

namespace tidemill::tracking {
namespace {

TEST(ModelUri, KnowsItsForms) {
  EXPECT_EQ(parse_model_uri("models:/m-1").model_id, "m-1");
  EXPECT_EQ(parse_model_uri("models:/churn/3").version, 3);
  EXPECT_EQ(parse_model_uri("models:/churn/Staging").stage, "Staging");
  EXPECT_EQ(parse_model_uri("models:/churn@champion").alias, "champion");
  const ModelUri latest = parse_model_uri("models:/churn/Latest");
  EXPECT_EQ(latest.name, "churn");
  EXPECT_FALSE(latest.version || latest.stage || latest.alias || latest.model_id);
  for (const char* uri : {"", "models:", "models:/", "models:/a/", "models:/a/b/c", "runs:/a/b", "models:/a@",
                          "models:/a/99999999999999999999", "churn/3"}) {
    EXPECT_THROW(parse_model_uri(uri), Error) << uri;
  }
}

TEST(Validation, KeysAreMlflowsKeys) {
  for (const char* key : {"a", "a/b", "fold 1: rmse", "x.y-z_0", "größe"}) {
    EXPECT_EQ(checked_param({key, "v"}).key, key);
  }
  for (const std::string& key :
       {std::string(), std::string("a//b"), std::string("/a"), std::string("a/"), std::string("."),
        std::string("..a"), std::string("a/../b"), std::string("a;b"), std::string(251, 'k')}) {
    EXPECT_THROW(checked_param({key, "v"}), Error) << key;
  }
}

TEST(Validation, LongValuesAreCutAtCharacters) {
  std::string text;
  for (int i = 0; i < 6001; ++i) text += "ü";
  EXPECT_EQ(checked_param({"p", text}).value.size(), 12'000u);
  EXPECT_EQ(checked_run_tag({"t", text}).value, text);
}

TEST(Validation, DatasetsHaveLimits) {
  const auto check = [](const std::string& digest) {
    check_dataset_input({{"d", digest, "local", "{}", std::nullopt, std::nullopt}, {}});
  };
  check(std::string(36, 'a'));
  EXPECT_THROW(check(std::string(37, 'a')), Error);
}

TEST(Entities, WordsGoBothWays) {
  EXPECT_EQ(run_status_from("KILLED"), RunStatus::kKilled);
  EXPECT_EQ(to_string(RunStatus::kFinished), "FINISHED");
  EXPECT_THROW(run_status_from("DONE"), Error);
  EXPECT_EQ(canonical_stage("pRoduction"), "Production");
  EXPECT_THROW(canonical_stage("Live"), Error);
}

}  // namespace
}  // namespace tidemill::tracking
