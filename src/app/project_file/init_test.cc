#include "app/project_file/init.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "base/error.h"

namespace tidemill::app {
namespace {

namespace fs = std::filesystem;

class Init : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "tidemill-init-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    dir_ = pattern;
  }
  void TearDown() override { fs::remove_all(dir_); }

  static std::string read(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static void write(const fs::path& path, const std::string& text) {
    std::ofstream(path, std::ios::binary) << text;
  }
  static Error error_of(const fs::path& dir, const std::string& example) {
    try {
      init_project(dir, example);
    } catch (const Error& error) {
      return error;
    }
    return {ErrorCode::kInternal, "no error"};
  }

  fs::path dir_;
};

TEST_F(Init, WritesWhatTheExampleFolderHolds) {
  for (const std::string& example : example_names()) {
    const fs::path target = dir_ / example / "deeper";
    init_project(target, example);
    const fs::path source = fs::path("examples") / example;
    for (const fs::directory_entry& file : fs::directory_iterator(target)) {
      EXPECT_EQ(read(file.path()), read(source / file.path().filename())) << file.path();
    }
    EXPECT_TRUE(fs::exists(target / "tidemill.toml"));
  }
  EXPECT_TRUE(fs::exists(dir_ / "churn" / "deeper" / "train_xgboost.py"));
}

TEST_F(Init, LeavesAProjectAlone) {
  write(dir_ / "tidemill.toml", "mine");
  const Error error = error_of(dir_, "churn");
  EXPECT_EQ(error.code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(error.message(),
            "'" + dir_.string() + "' is a project already: edit its tidemill.toml, or choose another folder");
  EXPECT_EQ(read(dir_ / "tidemill.toml"), "mine");
  EXPECT_FALSE(fs::exists(dir_ / "train_xgboost.py"));
}

TEST_F(Init, LeavesAChangedScriptAlone) {
  write(dir_ / "train_xgboost.py", "mine");
  EXPECT_EQ(error_of(dir_, "churn").code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(read(dir_ / "train_xgboost.py"), "mine");
  EXPECT_FALSE(fs::exists(dir_ / "tidemill.toml"));
}

TEST_F(Init, GoesOnAfterAStopBetweenTheFiles) {
  init_project(dir_, "churn");
  fs::remove(dir_ / "tidemill.toml");
  init_project(dir_, "churn");
  EXPECT_TRUE(fs::exists(dir_ / "tidemill.toml"));
}

TEST_F(Init, RefusesAFileWhereTheFolderShouldBe) {
  write(dir_ / "file", "");
  EXPECT_EQ(error_of(dir_ / "file" / "project", "churn").code(), ErrorCode::kInvalidArgument);
}

TEST_F(Init, KnowsItsExamples) {
  EXPECT_EQ(error_of(dir_, "chrun").message(),
            "unknown example 'chrun': there are churn, telco; did you mean 'churn'?");
  EXPECT_TRUE(fs::is_empty(dir_));
}

}  // namespace
}  // namespace tidemill::app
