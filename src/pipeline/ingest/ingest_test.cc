// The stage as a whole, with made-up rows; ingest from files has files_test.cc.

#include "pipeline/ingest/ingest.h"

#include <filesystem>

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/id.h"
#include "base/text.h"

namespace tidemill::pipeline {
namespace {

namespace fs = std::filesystem;

const Date kDay = Date::parse("2026-11-01");
const TableRoles kRoles = {"customer_id", "event_timestamp", "churn_probability"};

class Silent final : public Progress {
 public:
  void step(const std::string&, double) override {}
};

class IngestTest : public testing::Test {
 protected:
  IngestTest() : store_(storage::open_object_store("file:store", dir_)) {
    fs::create_directories(dir_);
    options_.source = SyntheticSource{};
    options_.roles = kRoles;
    options_.project_dir = dir_;
  }
  ~IngestTest() override { fs::remove_all(dir_); }

  IngestResult run(Date date = kDay) {
    engine::EngineOptions options;
    options.thread_count = options_.thread_count;
    options.readable_paths = {dir_.string()};
    return ingest(options_, date, *engine::open_engine(options), *store_, silent_);
  }

  std::string message(ErrorCode code) {
    try {
      run();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.message();
      return error.message();
    }
    ADD_FAILURE() << "no error";
    return "";
  }

  std::string raw_bytes(Date date = kDay) {
    return store_->get(raw_prefix(date) + "/" + kRawFile).value_or("none");
  }

  fs::path dir_ = fs::temp_directory_path() / ("tidemill-test-" + new_id());
  std::unique_ptr<storage::ObjectStore> store_;
  IngestOptions options_;
  Silent silent_;
};

TEST_F(IngestTest, PublishesRowsWithAManifest) {
  const IngestResult result = run();
  EXPECT_FALSE(result.already_there);
  EXPECT_GE(result.manifest.row_count, 800U);
  EXPECT_LE(result.manifest.row_count, 1300U);
  EXPECT_EQ(result.manifest.columns.size(), 14U);
  const auto published = read_manifest(*store_, raw_prefix(kDay));
  ASSERT_TRUE(published);
  EXPECT_EQ(published->hash(), result.manifest.hash());
  verify_content(*store_, raw_prefix(kDay), *published);
  EXPECT_EQ(store_->list("").size(), 2U);
  EXPECT_TRUE(fs::is_empty(dir_ / "store" / ".staging"));
}

TEST_F(IngestTest, GivesTheSameBytesAtAnyThreadCount) {
  SyntheticSource source;
  source.rows = 150'000;  // more than a row group and several pieces
  options_.source = source;
  std::vector<std::string> digests;
  for (const int threads : {1, 2, 4, 3}) {
    options_.thread_count = threads;
    options_.force = true;
    run();
    digests.push_back(sha256_hex(raw_bytes()));
  }
  for (const std::string& digest : digests) EXPECT_EQ(digest, digests[0]);
}

TEST_F(IngestTest, LeavesAFinishedDayAlone) {
  const std::string before = run().manifest.hash();
  options_.seed = 7;
  const IngestResult again = run();
  EXPECT_TRUE(again.already_there);
  EXPECT_EQ(again.manifest.hash(), before);
  options_.force = true;
  const IngestResult forced = run();
  EXPECT_FALSE(forced.already_there);
  EXPECT_NE(forced.manifest.hash(), before);
}

TEST_F(IngestTest, ADamagedDayIsSaidAndMadeAgainByForce) {
  const std::string bytes = (run(), raw_bytes());
  store_->remove(raw_prefix(kDay) + "/" + kRawFile);
  EXPECT_NE(message(ErrorCode::kCorrupted).find("--force"), std::string::npos);
  options_.force = true;
  run();
  EXPECT_EQ(raw_bytes(), bytes);
}

TEST_F(IngestTest, RolesMustBeColumns) {
  options_.roles.target = "churn_probabilty";
  const std::string text = message(ErrorCode::kInvalidArgument);
  EXPECT_NE(text.find("no column 'churn_probabilty' (project.target)"), std::string::npos) << text;
  EXPECT_NE(text.find("did you mean 'churn_probability'?"), std::string::npos) << text;
  EXPECT_TRUE(store_->list("").empty());
}

TEST_F(IngestTest, AFailureLeavesNothing) {
  engine::EngineOptions options;  // may not write into the store
  options.readable_paths = {};
  EXPECT_THROW(ingest(options_, kDay, *engine::open_engine(options), *store_, silent_), Error);
  EXPECT_TRUE(store_->list("").empty());
  EXPECT_TRUE(fs::is_empty(dir_ / "store" / ".staging"));
}

}  // namespace
}  // namespace tidemill::pipeline
