#pragma once
// Objects as files below a root folder: key "a/b" is the file <root>/a/b.
//
// New bytes are written to <root>/.staging (same file system, hidden from list()), fsynced, and renamed into
// place; the folder that holds the name is fsynced too. A folder is published by renaming, or, where one is
// already there, by exchanging the two names (renameat2 RENAME_EXCHANGE) and then removing the old one.
// Where the file system has no exchange (some network ones) the old folder is first moved aside with a note
// of its key: a crash between the two renames hides the folder until sweep() puts it back.
//
// The root is created by the first write. Symbolic links below it are no objects: list() skips them and get()
// does not follow them. Safe for many threads; readers never wait.

#include "storage/object_store.h"

namespace tidemill::storage {

class FileStore final : public ObjectStore {
 public:
  // `allow_exchange` = false takes the way of file systems without RENAME_EXCHANGE (for tests).
  explicit FileStore(const std::filesystem::path& root, bool allow_exchange = true);

  std::string uri() const override;
  std::optional<std::string> get(const std::string& key) const override;
  std::optional<ObjectInfo> head(const std::string& key) const override;
  std::vector<ObjectInfo> list(const std::string& prefix) const override;
  void put(const std::string& key, std::string_view bytes) override;
  void remove(const std::string& key) override;
  std::string engine_uri(const std::string& key) const override;
  std::filesystem::path local_file(const std::string& key, const std::filesystem::path& dir) const override;
  std::filesystem::path make_scratch_dir() override;
  void publish(const std::string& prefix, const std::filesystem::path& scratch_dir) override;
  void sweep() override;

 private:
  std::filesystem::path path_of(const std::string& key) const;
  std::filesystem::path new_staging_path(const std::string& name_prefix = "") const;
  void replace_folder(const std::filesystem::path& target, const std::string& prefix,
                      const std::filesystem::path& scratch_dir);
  void put_back(const std::filesystem::path& aside) const;

  std::filesystem::path root_;  // absolute
  bool allow_exchange_;
};

}  // namespace tidemill::storage
