#pragma once
// Where bytes live: objects by key, on a file system or (later) S3. Keys are relative paths with '/'
// ("raw_data/year=2026/month=11/day=01/data.parquet"): storage/key.h says what is allowed. A stage that
// writes a folder of objects uses storage/scratch_dir.h. Safe for many threads. Contract: storage_test.cc.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill::storage {

struct ObjectInfo {
  std::string key;
  uint64_t size_bytes = 0;
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  virtual std::string uri() const = 0;

  // The whole object; nullopt when there is none.
  virtual std::optional<std::string> get(const std::string& key) const = 0;
  virtual std::optional<ObjectInfo> head(const std::string& key) const = 0;
  // All objects whose key starts with `prefix`, in byte order of their keys.
  virtual std::vector<ObjectInfo> list(const std::string& prefix) const = 0;
  // Replaces atomically: a reader sees the old bytes or the new; durable on return.
  // Errors: kResourceExhausted, kPermissionDenied, kInvalidArgument; the old object is then untouched.
  virtual void put(const std::string& key, std::string_view bytes) = 0;
  virtual void remove(const std::string& key) = 0;  // absent is fine

  // What the SQL engine opens to read the object: a local path or an s3:// URI.
  virtual std::string engine_uri(const std::string& key) const = 0;

  // An empty local folder, invisible to list(), in which to prepare a folder of objects for publish().
  virtual std::filesystem::path make_scratch_dir() = 0;
  // The objects under `prefix` ("raw_data/year=2026/month=11/day=01") become exactly the files in
  // `scratch_dir`, which is consumed. One atomic act: a reader or a crash sees all of the old or all of the
  // new. Durable on return.
  virtual void publish(const std::string& prefix, const std::filesystem::path& scratch_dir) = 0;
  // Removes what killed writers left behind. Only the project's one writer may call it.
  virtual void sweep() = 0;
};

// Opens by URI: "file:data/features" (relative to `base_dir`) or "memory:".
// Errors: kInvalidArgument naming the URI and the known schemes.
std::unique_ptr<ObjectStore> open_object_store(const std::string& uri, const std::filesystem::path& base_dir);

}  // namespace tidemill::storage
