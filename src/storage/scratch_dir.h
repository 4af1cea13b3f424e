#pragma once
// A scratch folder that goes away with its owner unless it was published: a stage that fails half-way leaves
// nothing behind.

#include <filesystem>
#include <string>

#include "storage/object_store.h"

namespace tidemill::storage {

class ScratchDir {
 public:
  explicit ScratchDir(ObjectStore& store) : store_(store), path_(store.make_scratch_dir()) {}
  ~ScratchDir();
  ScratchDir(const ScratchDir&) = delete;
  ScratchDir& operator=(const ScratchDir&) = delete;

  const std::filesystem::path& path() const { return path_; }
  // As ObjectStore::publish; afterwards the folder is gone, also when it throws.
  void publish(const std::string& prefix);

 private:
  ObjectStore& store_;
  std::filesystem::path path_;
};

}  // namespace tidemill::storage
