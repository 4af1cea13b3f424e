#include "pipeline/dataset.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace tidemill::pipeline {
namespace {

std::vector<std::string> days_in(const storage::ObjectStore& store, const std::string& dataset) {
  std::vector<std::string> days;
  for (const PublishedDay& day : published_days(store, dataset)) days.push_back(day.date.to_string());
  return days;
}

TEST(PublishedDays, AreThoseWithAManifest) {
  const auto store = storage::open_object_store("memory:", "");
  for (const char* key :
       {"raw_data/year=2026/month=11/day=02/manifest.json",
        "raw_data/year=2026/month=11/day=01/manifest.json", "raw_data/year=2026/month=11/day=03/data.parquet",
        "raw_data/year=2026/month=13/day=01/manifest.json",
        "raw_data/year=2026/month=02/day=30/manifest.json", "raw_data/manifest.json",
        "raw_data/year=2026/month=11/day=04/manifest.json.txt", "prepared_data/2026-11-01/manifest.json",
        "prepared_data/latest/manifest.json"}) {
    store->put(key, "{}");
  }
  EXPECT_EQ(days_in(*store, "raw_data"), (std::vector<std::string>{"2026-11-01", "2026-11-02"}));
  EXPECT_EQ(days_in(*store, "prepared_data"), std::vector<std::string>{"2026-11-01"});
  EXPECT_EQ(raw_days(*store, Date::parse("2026-11-02"), Date::parse("2026-11-30")),
            std::vector<Date>{Date::parse("2026-11-02")});
  EXPECT_THROW(published_days(*store, "splits"), Error);
}

}  // namespace
}  // namespace tidemill::pipeline
