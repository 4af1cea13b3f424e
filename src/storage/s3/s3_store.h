#pragma once
// Objects in a bucket of AWS S3 or of a server that speaks its API: key "a/b" is the object <prefix>/a/b.
//
// What holds where there is no rename:
// - put() is one object, which S3 replaces atomically.
// - publish() takes the seal of the old folder away (manifest.json, MLmodel), writes the new files, deletes
// what
//   the new folder does not have, and puts its seal last and only if nobody else has put one meanwhile.
//   Killed in between it leaves a folder without a seal: nobody takes it for published, and publishing again
//   repairs it. Of two that publish the same folder at once at most one succeeds, the other gets kConflict,
//   and what is left is never a mixture with a seal. A folder with neither of these files has no seal: its
//   files appear one by one in any order, and who needs it whole must be told by something else that it is
//   (as an MLflow run's artifacts are by the run's status).
// - Scratch folders are local, below <base_dir>/.tidemill/scratch; sweep() removes them and gives up uploads
//   in parts that were begun below the prefix more than a day ago (others may be writing there too),
//   where the keys allow that; the bucket's lifecycle rules may do the same.
//
// S3 has read-after-write consistency; so must every server used here. Errors beside the contract's: those of
// client.h.

#include <memory>
#include <string>

#include "storage/s3/client.h"

namespace tidemill::storage::s3 {

class S3Store final : public ObjectStore {
 public:
  // `scratch_root` is this store's own.
  S3Store(Target target, const StoreOptions& options, std::filesystem::path scratch_root);

  std::string uri() const override;
  std::optional<std::string> get(const std::string& key) const override;
  std::optional<ObjectInfo> head(const std::string& key) const override;
  std::vector<ObjectInfo> list(const std::string& prefix) const override;
  void put(const std::string& key, std::string_view bytes) override;
  void remove(const std::string& key) override;
  std::string engine_uri(const std::string& key) const override;
  std::optional<S3Access> s3_access() const override;
  std::filesystem::path local_file(const std::string& key, const std::filesystem::path& dir) const override;
  std::filesystem::path make_scratch_dir() override;
  void publish(const std::string& prefix, const std::filesystem::path& scratch_dir) override;
  void sweep() override;

 private:
  void replace_folder(const std::string& prefix, const std::filesystem::path& scratch_dir);

  Client client_;
  std::filesystem::path scratch_root_;
  uint64_t part_bytes_;
};

// Errors: those of make_target. Speaks to no server.
std::unique_ptr<ObjectStore> open(const std::string& uri, const std::string& rest,
                                  const StoreOptions& options);

}  // namespace tidemill::storage::s3
