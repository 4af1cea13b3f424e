#pragma once
// Where bytes live: objects by key, on a file system or S3. Keys are relative paths with '/'
// ("raw_data/year=2026/month=11/day=01/data.parquet"): storage/key.h says what is allowed. A stage that
// writes a folder of objects uses storage/scratch_dir.h. Safe for many threads. Contract: storage_test.cc.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill::storage {

struct ObjectInfo {
  std::string key;
  uint64_t size_bytes = 0;
  // When it got its bytes, milliseconds since 1970 UTC; from list() of file: and s3: only.
  std::optional<int64_t> last_modified_ms{};
};

// What the SQL engine needs to open engine_uri() over the network, secrets included.
struct S3Access {
  std::string uri;       // "s3://bucket/prefix/": everything below it and nothing else
  std::string endpoint;  // "https://s3.eu-west-1.amazonaws.com", "http://127.0.0.1:9000"
  bool path_style = false;
  std::string region;
  std::string access_key_id;
  std::string secret_access_key;
  std::string session_token;
  std::filesystem::path ca_file;  // empty: the system's
};

class ObjectStore {
 public:
  virtual ~ObjectStore() = default;

  virtual std::string uri() const = 0;

  // The whole object; nullopt when there is none.
  virtual std::optional<std::string> get(const std::string& key) const = 0;
  virtual std::optional<ObjectInfo> head(const std::string& key) const = 0;
  // All objects whose key starts with `prefix`, in byte order of their keys. What others left under names
  // that are no keys (storage/key.h) is not listed.
  virtual std::vector<ObjectInfo> list(const std::string& prefix) const = 0;
  // Replaces atomically: a reader sees the old bytes or the new; durable on return.
  // Errors: kResourceExhausted, kPermissionDenied, kInvalidArgument; the old object is then untouched.
  // A key must not be the folder of another one ("a" beside "a/b"): file: and memory: refuse it with
  // kInvalidArgument, an S3 server may take it.
  virtual void put(const std::string& key, std::string_view bytes) = 0;
  virtual void remove(const std::string& key) = 0;  // absent is fine

  // What the SQL engine opens to read the object: a local path or an s3:// URI, for which it needs
  // s3_access().
  virtual std::string engine_uri(const std::string& key) const = 0;
  virtual std::optional<S3Access> s3_access() const { return std::nullopt; }
  // A local file with the object's bytes, for programs that read files only: the object itself where objects
  // are files, else a copy made in `dir` (made when it is missing) under the last part of the key. Not to be
  // written to.
  // Errors: kNotFound.
  virtual std::filesystem::path local_file(const std::string& key,
                                           const std::filesystem::path& dir) const = 0;

  // An empty local folder, invisible to list(), in which to prepare a folder of objects for publish().
  virtual std::filesystem::path make_scratch_dir() = 0;
  // The objects under `prefix` ("raw_data/year=2026/month=11/day=01") become exactly the files in
  // `scratch_dir`, which is consumed, also on an error. Durable on return. A reader that begins with the
  // folder's seal (`manifest.json`, or `MLmodel` in a folder of a model) never takes a mixture for the whole:
  // file: and memory: publish in one act, so that it and a crash see all of the old or all of the new; s3:
  // has no such act and takes the old seal away first and puts the new one last, so that it and a crash may
  // also see no seal, which reads as nothing published; publishing again repairs that.
  virtual void publish(const std::string& prefix, const std::filesystem::path& scratch_dir) = 0;
  // Removes what killed writers of this project left behind. Only the project's one writer may call it.
  virtual void sweep() = 0;
};

// Where a store is and how to reach it. What the S3 part leaves empty is looked for where AWS's own tools
// look (storage/s3/aws_settings.h).
struct StoreOptions {
  std::filesystem::path base_dir{};  // of relative paths; scratch folders of remote stores are below it
  std::map<std::string, std::string> environment{};  // AWS_* and HOME
  std::string s3_endpoint{};                         // "http://127.0.0.1:9000"
  std::string s3_region{};
  std::optional<bool> s3_path_style{};  // unset: with an endpoint of one's own
  std::filesystem::path s3_ca_file{};   // PEM, relative to base_dir
  uint64_t s3_part_bytes =
      16U << 20U;           // objects larger than this are sent and fetched in parts; at least 5 MiB
  int s3_page_size = 1000;  // keys asked for at a time
};

// Opens by URI: "file:data/features", "memory:", "s3://bucket/prefix". Speaks to no server yet.
// Errors: kInvalidArgument naming the URI and the known schemes; for s3: those of S3Store's header.
std::unique_ptr<ObjectStore> open_object_store(const std::string& uri, const StoreOptions& options);
// The same for a store that needs nothing but its place.
std::unique_ptr<ObjectStore> open_object_store(const std::string& uri, const std::filesystem::path& base_dir);

}  // namespace tidemill::storage
