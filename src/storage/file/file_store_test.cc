// What only a store of files can get wrong: full disks, folders in the way, file systems without exchange.

#include "storage/file/file_store.h"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/error.h"
#include "base/id.h"

namespace tidemill::storage {
namespace {

namespace fs = std::filesystem;

// While it lives, no file may grow over `bytes`: writes fail with EFBIG, as on a full disk.
class FileSizeLimit {
 public:
  explicit FileSizeLimit(rlim_t bytes) : old_handler_(std::signal(SIGXFSZ, SIG_IGN)) {
    getrlimit(RLIMIT_FSIZE, &old_limit_);
    const rlimit limit{bytes, old_limit_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FileSizeLimit() {
    setrlimit(RLIMIT_FSIZE, &old_limit_);
    std::signal(SIGXFSZ, old_handler_);
  }
  FileSizeLimit(const FileSizeLimit&) = delete;
  FileSizeLimit& operator=(const FileSizeLimit&) = delete;

 private:
  rlimit old_limit_{};
  void (*old_handler_)(int);
};

class FileStoreTest : public testing::Test {
 protected:
  ~FileStoreTest() override { fs::remove_all(dir_); }

  ErrorCode code_of(const std::function<void()>& action) {
    try {
      action();
    } catch (const Error& error) {
      return error.code();
    }
    ADD_FAILURE() << "no error";
    return ErrorCode::kInternal;
  }

  static void write(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

  bool staging_is_empty() const { return fs::is_empty(root_ / ".staging"); }

  fs::path dir_ = fs::temp_directory_path() / ("tidemill-test-" + new_id());
  fs::path root_ = dir_ / "root";
};

TEST_F(FileStoreTest, ReadingMakesNoFolder) {
  FileStore store(root_);
  EXPECT_TRUE(store.list("").empty());
  store.sweep();
  EXPECT_FALSE(fs::exists(root_));
}

TEST_F(FileStoreTest, ListingTellsWhenAnObjectGotItsBytes) {
  FileStore store(root_);
  store.put("a", "1");
  const timespec times[2] = {{1, 0}, {1'793'536'201, 234'567'890}};  // read, written
  ASSERT_EQ(utimensat(AT_FDCWD, (root_ / "a").c_str(), times, 0), 0);
  EXPECT_EQ(store.list("").at(0).last_modified_ms, 1'793'536'201'234);
}

TEST_F(FileStoreTest, AFailedWriteLeavesTheOldObject) {
  FileStore store(root_);
  store.put("k", "old");
  {
    const FileSizeLimit limit(1000);
    EXPECT_EQ(code_of([&] { store.put("k", std::string(5000, 'n')); }), ErrorCode::kResourceExhausted);
    EXPECT_EQ(code_of([&] { store.put("new", std::string(5000, 'n')); }), ErrorCode::kResourceExhausted);
  }
  EXPECT_EQ(store.get("k"), "old");
  EXPECT_EQ(store.list("").size(), 1U);
  EXPECT_TRUE(staging_is_empty());
}

TEST_F(FileStoreTest, AFileInTheWayIsSaid) {
  fs::create_directories(dir_);
  write(root_, "not a folder");
  FileStore store(root_);
  EXPECT_EQ(code_of([&] { store.put("k", "x"); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { store.make_scratch_dir(); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(store.get("k"), std::nullopt);
}

TEST_F(FileStoreTest, APlaceThatTakesNoFoldersIsSaid) {
  FileStore store("/proc/tidemill/root");
  EXPECT_THROW(store.put("k", "x"), Error);
}

TEST_F(FileStoreTest, SymbolicLinksAreNoObjects) {
  FileStore store(root_);
  store.put("real", "x");
  write(dir_ / "outside", "secret");
  fs::create_symlink(dir_ / "outside", root_ / "link");
  fs::create_directory_symlink(dir_, root_ / "loop");
  EXPECT_EQ(store.list("").size(), 1U);
  EXPECT_EQ(store.get("link"), std::nullopt);
  EXPECT_FALSE(store.head("link"));
}

TEST_F(FileStoreTest, PublishesWithoutExchange) {
  FileStore store(root_, /*allow_exchange=*/false);
  for (const std::string text : {"1", "2", "3"}) {
    const fs::path scratch = store.make_scratch_dir();
    write(scratch / ("file" + text), text);
    store.publish("day", scratch);
    ASSERT_EQ(store.list("day/").size(), 1U);
    EXPECT_EQ(store.get("day/file" + text), text);
    EXPECT_TRUE(staging_is_empty());
  }
}

TEST_F(FileStoreTest, SweepPutsBackWhatACrashLeftAside) {
  FileStore store(root_, /*allow_exchange=*/false);
  store.put("raw/day/data", "old");
  const fs::path aside = root_ / ".staging" / "aside-1";
  fs::create_directories(aside);
  write(aside / "key", "raw/day");
  fs::rename(root_ / "raw/day", aside / "content");
  store.sweep();
  EXPECT_EQ(store.get("raw/day/data"), "old");
  EXPECT_TRUE(staging_is_empty());
}

TEST_F(FileStoreTest, SweepKeepsTheNewFolderWhenItMadeIt) {
  FileStore store(root_, /*allow_exchange=*/false);
  store.put("raw/day/data", "new");
  const fs::path aside = root_ / ".staging" / "aside-1";
  fs::create_directories(aside / "content");
  write(aside / "key", "raw/day");
  write(aside / "content" / "data", "old");
  store.sweep();
  EXPECT_EQ(store.get("raw/day/data"), "new");
  EXPECT_TRUE(staging_is_empty());
}

TEST_F(FileStoreTest, AFailedPublishLeavesTheOldFolder) {
  FileStore store(root_);
  store.put("a/data", "old");
  const fs::path scratch = store.make_scratch_dir();
  write(scratch / "data", "new");
  EXPECT_EQ(code_of([&] { store.publish("a/data", scratch); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(store.get("a/data"), "old");
  EXPECT_TRUE(staging_is_empty());
}

}  // namespace
}  // namespace tidemill::storage
