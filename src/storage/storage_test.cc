// What every backend of ObjectStore must do, run over each of them.

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <thread>

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/id.h"
#include "storage/object_store.h"
#include "storage/scratch_dir.h"

namespace tidemill::storage {
namespace {

namespace fs = std::filesystem;

std::string code_and_message(const std::function<void()>& action, ErrorCode expected) {
  try {
    action();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), expected) << error.message();
    return error.message();
  }
  ADD_FAILURE() << "no error";
  return "";
}

void write(const fs::path& path, const std::string& text) {
  fs::create_directories(path.parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

std::vector<std::string> keys_of(const std::vector<ObjectInfo>& objects) {
  std::vector<std::string> keys;
  for (const ObjectInfo& object : objects) keys.push_back(object.key);
  return keys;
}

using Keys = std::vector<std::string>;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// The backends that can be tested here: servers where there is one (tests/README.md). First those that hold
// everything that is asked of a store.
std::vector<std::string> atomic_backends() {
  std::vector<std::string> uris = {"file:store", "memory:"};
  if (!variable("TIDEMILL_TEST_S3").empty()) uris.push_back("s3://" + variable("TIDEMILL_TEST_S3_BUCKET"));
  return uris;
}

std::vector<std::string> backends() {
  std::vector<std::string> uris = atomic_backends();
  const std::string mlflow = variable("TIDEMILL_TEST_MLFLOW");
  if (!mlflow.empty()) uris.push_back("mlflow-artifacts+" + mlflow + "#");
  return uris;
}

std::string backend_name(const testing::TestParamInfo<std::string>& backend) {
  return backend.param.substr(0, backend.param.find_first_of(":-"));
}

// In parts and pages as small as they may be, in a folder of its own.
std::unique_ptr<ObjectStore> open_backend(const std::string& uri, const fs::path& dir) {
  if (uri.ends_with('#')) return open_object_store(uri + "tidemill-test/" + dir.filename().string(), dir);
  if (!uri.starts_with("s3:")) return open_object_store(uri, dir);
  StoreOptions options;
  options.base_dir = dir;
  options.s3_endpoint = variable("TIDEMILL_TEST_S3");
  options.s3_part_bytes = 1;
  options.s3_page_size = 3;
  for (const char* name : {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_CA_BUNDLE"}) {
    options.environment[name] = variable(name);
  }
  return open_object_store(uri + "/" + dir.filename().string(), options);
}

class ObjectStoreConformance : public testing::TestWithParam<std::string> {
 protected:
  ObjectStoreConformance() : dir_(fs::temp_directory_path() / ("tidemill-test-" + new_id())) {
    store_ = open_backend(GetParam(), dir_);
  }
  ~ObjectStoreConformance() override {
    if (is_s3()) {
      for (const ObjectInfo& object : store_->list("")) store_->remove(object.key);
    }
    fs::remove_all(dir_);
  }

  bool is_s3() const { return GetParam().starts_with("s3:"); }

  void publish(const std::string& prefix, const std::vector<std::pair<std::string, std::string>>& files) {
    const fs::path scratch = store_->make_scratch_dir();
    for (const auto& [name, text] : files) write(scratch / name, text);
    store_->publish(prefix, scratch);
    EXPECT_FALSE(fs::exists(scratch)) << "publish consumes its folder";
  }

  fs::path dir_;
  std::unique_ptr<ObjectStore> store_;
};

// What a server that keeps artifacts for its clients does not promise: writes in one act, every name.
class AtomicObjectStore : public ObjectStoreConformance {};

TEST_P(ObjectStoreConformance, NothingThereIsNotAnError) {
  EXPECT_EQ(store_->get("a/b"), std::nullopt);
  EXPECT_FALSE(store_->head("a/b"));
  EXPECT_TRUE(store_->list("").empty());
  store_->remove("a/b");
  store_->sweep();
}

TEST_P(ObjectStoreConformance, GivesBackWhatWasPut) {
  const std::string bytes("a\0b\nc\xFF", 6);
  store_->put("deep/er/object", bytes);
  EXPECT_EQ(store_->get("deep/er/object"), bytes);
  EXPECT_EQ(store_->head("deep/er/object")->size_bytes, 6U);
  store_->put("deep/er/object", "");
  EXPECT_EQ(store_->get("deep/er/object"), "");
  store_->remove("deep/er/object");
  EXPECT_EQ(store_->get("deep/er/object"), std::nullopt);
}

TEST_P(ObjectStoreConformance, AFolderIsNoObject) {
  store_->put("a/b", "x");
  EXPECT_EQ(store_->get("a"), std::nullopt);
  EXPECT_FALSE(store_->head("a"));
  EXPECT_EQ(store_->get("a/b/c"), std::nullopt);
  if (is_s3()) return;  // whose servers may take what follows
  code_and_message([&] { store_->put("a", "y"); }, ErrorCode::kInvalidArgument);
  code_and_message([&] { store_->put("a/b/c", "y"); }, ErrorCode::kInvalidArgument);
  EXPECT_EQ(keys_of(store_->list("")), Keys{"a/b"});
}

TEST_P(ObjectStoreConformance, ListsInByteOrderOfKeys) {
  for (const char* key : {"b", "a/b", "a.b", "a-", "a/a/z", "a/B", "ab"}) store_->put(key, "1");
  EXPECT_EQ(keys_of(store_->list("")), (Keys{"a-", "a.b", "a/B", "a/a/z", "a/b", "ab", "b"}));
  EXPECT_EQ(keys_of(store_->list("a/")), (Keys{"a/B", "a/a/z", "a/b"}));
  EXPECT_EQ(keys_of(store_->list("a/a")), Keys{"a/a/z"});
  EXPECT_EQ(keys_of(store_->list("a")), (Keys{"a-", "a.b", "a/B", "a/a/z", "a/b", "ab"}));
  EXPECT_TRUE(store_->list("a/b/").empty());
  EXPECT_TRUE(store_->list("c/d").empty());
}

TEST_P(ObjectStoreConformance, TakesUnusualNames) {
  const Keys keys = {"year=2026/a+b", "spaces in it/x y", "umläut/日本語/🙂", "percent%/100%",
                     "q?*[x]&;'\""};
  for (const std::string& key : keys) store_->put(key, key);
  for (const std::string& key : keys) EXPECT_EQ(store_->get(key), key);
  EXPECT_EQ(store_->list("").size(), keys.size());
  EXPECT_EQ(keys_of(store_->list("umläut/日")), Keys{"umläut/日本語/🙂"});
}

TEST_P(AtomicObjectStore, TakesEveryName) {
  for (const std::string key : {"percent%20", "number #1"}) {
    store_->put(key, key);
    EXPECT_EQ(store_->get(key), key);
  }
  EXPECT_EQ(store_->list("").size(), 2U);
}

TEST_P(ObjectStoreConformance, RefusesKeysThatCouldEscapeOrHide) {
  for (const std::string key : {"", "/etc/passwd", "../x", "a/../../x", "a//b", "a/", "./a", "a/.",
                                ".staging/x", "a/.hidden", "a\nb", "bad\xFF", "over\xC0\xAFlong"}) {
    const auto refused = [&](const std::function<void()>& action) {
      EXPECT_NE(code_and_message(action, ErrorCode::kInvalidArgument).find("object key"), std::string::npos)
          << key;
    };
    refused([&] { store_->put(key, "x"); });
    refused([&] { store_->get(key); });
    refused([&] { store_->head(key); });
    refused([&] { store_->remove(key); });
    refused([&] { store_->publish(key, store_->make_scratch_dir()); });
  }
  code_and_message([&] { store_->put(std::string(256, 'a'), "x"); }, ErrorCode::kInvalidArgument);
  code_and_message([&] { store_->put(std::string("nul\0", 4), "x"); }, ErrorCode::kInvalidArgument);
  code_and_message([&] { store_->list("../"); }, ErrorCode::kInvalidArgument);
  store_->put(std::string(255, 'a'), "x");
  EXPECT_EQ(store_->list("").size(), 1U);
}

TEST_P(ObjectStoreConformance, HoldsLargeObjects) {
  std::string bytes;
  bytes.resize(11'000'001);  // three parts of S3's least size
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(i * 2654435761U >> 24);
  store_->put("large", bytes);
  EXPECT_EQ(store_->head("large")->size_bytes, bytes.size());
  EXPECT_TRUE(store_->get("large") == bytes);
  fs::create_directories(dir_);
  const fs::path local = store_->local_file("large", dir_);
  EXPECT_EQ(fs::file_size(local), bytes.size());
  EXPECT_EQ(sha256_hex_of_file(local), sha256_hex(bytes));
  code_and_message([&] { store_->local_file("larger", dir_); }, ErrorCode::kNotFound);
  publish("folder", {{"large", bytes}, {"small", "x"}});
  EXPECT_TRUE(store_->get("folder/large") == bytes);
}

TEST_P(AtomicObjectStore, ReadersSeeTheOldOrTheNew) {
  const std::string old_bytes(300'000, 'o');
  const std::string new_bytes(200'000, 'n');
  store_->put("k", old_bytes);
  std::atomic<bool> done = false;
  std::atomic<int> torn = 0;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!done) {
        const auto seen = store_->get("k");
        if (!seen || (*seen != old_bytes && *seen != new_bytes)) ++torn;
      }
    });
  }
  for (int i = 0; i < 40; ++i) store_->put("k", i % 2 == 0 ? new_bytes : old_bytes);
  done = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(torn, 0);
}

TEST_P(ObjectStoreConformance, ManyWritersLeaveOneOfTheirs) {
  std::vector<std::thread> writers;
  for (int i = 0; i < 4; ++i) {
    writers.emplace_back([&, i] {
      for (int n = 0; n < 10; ++n) {
        store_->put("shared", std::string(1000, static_cast<char>('a' + i)));
        store_->put("own/" + std::to_string(i) + "/" + std::to_string(n), "x");
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  const std::string left = store_->get("shared").value();
  EXPECT_EQ(std::set<char>(left.begin(), left.end()).size(), 1U);
  EXPECT_EQ(store_->list("own/").size(), 40U);
}

TEST_P(ObjectStoreConformance, PublishReplacesExactly) {
  store_->put("raw/day=010/x", "neighbour");
  publish("raw/day=01", {{"data", "1"}, {"sub/part", "2"}, {"only old", "3"}});
  EXPECT_EQ(keys_of(store_->list("raw/day=01/")),
            (Keys{"raw/day=01/data", "raw/day=01/only old", "raw/day=01/sub/part"}));
  store_->put("raw/day=01/added later", "4");
  publish("raw/day=01", {{"data", "new"}, {"more", "5"}});
  EXPECT_EQ(keys_of(store_->list("raw/day=01/")), (Keys{"raw/day=01/data", "raw/day=01/more"}));
  EXPECT_EQ(store_->get("raw/day=01/data"), "new");
  EXPECT_EQ(store_->get("raw/day=010/x"), "neighbour");
  publish("raw/day=01", {});
  EXPECT_TRUE(store_->list("raw/day=01/").empty());
}

TEST_P(ObjectStoreConformance, PublishedFoldersCanBeAddedTo) {
  publish("day", {{"data", "1"}, {"manifest.json", "{}"}, {"MLmodel", "m"}});
  store_->put("day/report.json", "good");
  EXPECT_EQ(store_->get("day/manifest.json"), "{}");
  EXPECT_EQ(store_->get("day/report.json"), "good");
  publish("day", {{"data", "2"}, {"manifest.json", "{2}"}});
  EXPECT_EQ(keys_of(store_->list("day/")), (Keys{"day/data", "day/manifest.json"}));
  EXPECT_EQ(store_->get("day/manifest.json"), "{2}");
}

// A seal vouches for its folder: whoever reads it, then the rest, then it again and finds it unchanged has
// seen one folder.
TEST_P(ObjectStoreConformance, ReadersOfASealNeverSeeAMixture) {
  std::atomic<bool> done = false;
  std::atomic<int> mixed = 0;
  std::thread reader([&] {
    while (!done) {
      const auto seal = store_->get("day/manifest.json");
      const auto one = store_->get("day/one");
      const auto two = store_->get("day/two");
      if (seal && seal == store_->get("day/manifest.json") && (one != seal || two != seal)) ++mixed;
    }
  });
  for (int i = 0; i < 12; ++i) {
    const std::string text = std::to_string(i);
    publish("day", {{"one", text}, {"two", text}, {"manifest.json", text}});
  }
  done = true;
  reader.join();
  EXPECT_EQ(mixed, 0);
  EXPECT_EQ(store_->get("day/one"), "11");
}

TEST_P(ObjectStoreConformance, PublishOverAnObjectIsRefused) {
  store_->put("taken", "x");
  code_and_message([&] { publish("taken", {{"data", "1"}}); }, ErrorCode::kInvalidArgument);
  EXPECT_EQ(store_->get("taken"), "x");
  EXPECT_EQ(keys_of(store_->list("")), Keys{"taken"});
}

TEST_P(ObjectStoreConformance, ScratchIsInvisibleAndSwept) {
  const fs::path left_behind = store_->make_scratch_dir();
  EXPECT_TRUE(fs::is_empty(left_behind));
  EXPECT_NE(store_->make_scratch_dir(), left_behind);
  write(left_behind / "sub" / "file", "x");
  EXPECT_TRUE(store_->list("").empty());
  store_->put("kept", "x");
  store_->sweep();
  EXPECT_FALSE(fs::exists(left_behind));
  EXPECT_EQ(keys_of(store_->list("")), Keys{"kept"});
  publish("after", {{"data", "1"}});
  EXPECT_EQ(store_->get("after/data"), "1");
}

TEST_P(ObjectStoreConformance, ScratchDirCleansUpUnlessPublished) {
  fs::path path;
  {
    const ScratchDir scratch(*store_);
    path = scratch.path();
    write(path / "half", "x");
  }
  EXPECT_FALSE(fs::exists(path));
  ScratchDir scratch(*store_);
  write(scratch.path() / "whole", "x");
  scratch.publish("done");
  EXPECT_EQ(store_->get("done/whole"), "x");
}

INSTANTIATE_TEST_SUITE_P(Backends, ObjectStoreConformance, testing::ValuesIn(backends()), backend_name);
INSTANTIATE_TEST_SUITE_P(Backends, AtomicObjectStore, testing::ValuesIn(atomic_backends()), backend_name);

TEST(OpenObjectStore, SaysWhatIsWrongWithAUri) {
  const auto message = [](const std::string& uri) {
    return code_and_message([&] { open_object_store(uri, "/tmp"); }, ErrorCode::kInvalidArgument);
  };
  EXPECT_EQ(
      message("fil:data"),
      "storage uri 'fil:data' has an unknown scheme; known: file:, memory:, s3:, mlflow-artifacts+http:, "
      "mlflow-artifacts+https:; did you "
      "mean 'file:'?");
  EXPECT_NE(message("data/features").find("write file:data/features"), std::string::npos);
  EXPECT_NE(message("file://host/x").find("names a host"), std::string::npos);
  EXPECT_NE(message("file:").find("names no folder"), std::string::npos);
  EXPECT_NE(message("memory:x").find("nothing may follow"), std::string::npos);
}

TEST(OpenObjectStore, ResolvesFoldersFromTheBase) {
  EXPECT_EQ(open_object_store("file:data/x", "/base")->uri(), "file:/base/data/x");
  EXPECT_EQ(open_object_store("file:/abs", "/base")->uri(), "file:/abs");
  EXPECT_EQ(open_object_store("file:///abs", "/base")->uri(), "file:/abs");
  EXPECT_EQ(open_object_store("file:data", "/base")->engine_uri("a/b"), "/base/data/a/b");
}

}  // namespace
}  // namespace tidemill::storage
