#pragma once
// Objects in this process: for tests of what needs a store but no files. The SQL engine cannot open them.

#include <map>
#include <mutex>
#include <string>

#include "storage/object_store.h"

namespace tidemill::storage {

class MemoryStore final : public ObjectStore {
 public:
  MemoryStore();
  ~MemoryStore() override;
  MemoryStore(const MemoryStore&) = delete;
  MemoryStore& operator=(const MemoryStore&) = delete;

  std::string uri() const override { return "memory:"; }
  std::optional<std::string> get(const std::string& key) const override;
  std::optional<ObjectInfo> head(const std::string& key) const override;
  std::vector<ObjectInfo> list(const std::string& prefix) const override;
  void put(const std::string& key, std::string_view bytes) override;
  void remove(const std::string& key) override;
  // Errors: kNotImplemented.
  std::string engine_uri(const std::string& key) const override;
  std::filesystem::path local_file(const std::string& key, const std::filesystem::path& dir) const override;
  std::filesystem::path make_scratch_dir() override;
  void publish(const std::string& prefix, const std::filesystem::path& scratch_dir) override;
  void sweep() override;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> objects_;  // guarded by mutex_
  std::filesystem::path scratch_root_;          // a folder of its own below the system's temporary one
};

}  // namespace tidemill::storage
