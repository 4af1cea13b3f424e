#include "pipeline/copy_objects.h"

#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "storage/scratch_dir.h"

namespace tidemill::pipeline {
namespace {

class NoProgress final : public Progress {
 public:
  void step(const std::string&, double) override {}
};

class CopyObjects : public testing::Test {
 protected:
  CopyObjects()
      : dir_(std::filesystem::path(testing::TempDir()) / ("copy_objects_" + std::to_string(::getpid()))),
        from_(storage::open_object_store("file:from", dir_)),
        to_(storage::open_object_store("file:to", dir_)) {}
  ~CopyObjects() override { std::filesystem::remove_all(dir_); }

  void publish(const std::string& prefix, const std::string& content) {
    storage::ScratchDir scratch(*from_);
    std::ofstream(scratch.path() / "data.parquet") << content;
    Manifest manifest;
    manifest.dataset = "raw_data";
    manifest.date = Date::parse("2026-11-01");
    seal(manifest, scratch.path());
    scratch.publish(prefix);
  }
  CopyOutcome copy() {
    NoProgress progress;
    return copy_objects(*from_, *to_, progress);
  }

  std::filesystem::path dir_;
  std::unique_ptr<storage::ObjectStore> from_, to_;
};

TEST_F(CopyObjects, CopiesOnceAndGoesOn) {
  publish("raw_data/a", "one");
  publish("raw_data/b", "two");
  from_->put("raw_data/a/validation_report.json", "{}");
  from_->put("notes/readme.txt", "plain");
  const CopyOutcome first = copy();
  EXPECT_EQ(first.copied_folder_count, 3U);
  EXPECT_EQ(first.object_count, 6U);
  for (const storage::ObjectInfo& object : from_->list("")) {
    EXPECT_EQ(to_->get(object.key), from_->get(object.key)) << object.key;
  }
  const CopyOutcome again = copy();
  EXPECT_EQ(again.copied_folder_count, 0U);
  EXPECT_EQ(again.present_folder_count, 3U);

  to_->put("raw_data/b/data.parquet", "bad");  // damaged since
  from_->put("raw_data/a/validation_report.json", "{\"newer\": 1}");
  EXPECT_EQ(copy().copied_folder_count, 2U);
  EXPECT_EQ(to_->get("raw_data/b/data.parquet"), "two");
  EXPECT_EQ(to_->get("raw_data/a/validation_report.json"), "{\"newer\": 1}");
}

TEST_F(CopyObjects, RefusesWhatItsManifestDoesNotDescribe) {
  publish("raw_data/a", "one");
  from_->put("raw_data/a/data.parquet", "two");
  try {
    copy();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kCorrupted);
    EXPECT_NE(error.message().find("raw_data/a/data.parquet"), std::string::npos);
  }
  EXPECT_TRUE(to_->list("").empty());
}

}  // namespace
}  // namespace tidemill::pipeline
