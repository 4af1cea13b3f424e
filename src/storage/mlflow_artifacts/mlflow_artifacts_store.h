#pragma once
// Objects in the artifacts that an MLflow server keeps for its clients (--serve-artifacts, the default).
// Source: mlflow/store/artifact/mlflow_artifacts_repo.py, handlers of /api/2.0/mlflow-artifacts (3.17.2).
//
// What a server cannot do: replace a file or a folder in one act. put() may be seen half written;
// publish() takes the old seal (MLmodel, manifest.json) away, sends file by file, removes what is no longer
// there, and sends the seal last. Keys with '#' or "%XX" are refused: the server
// would refuse the one and store the other under another name. Every read is one listing and one request.
// Scratch folders are below the project's .tidemill/scratch.

#include "net/mlflow_server.h"
#include "storage/object_store.h"

namespace tidemill::storage {

class MlflowArtifactsStore final : public ObjectStore {
 public:
  // `root` is the folder inside the server's artifacts below which the keys lie, "" or "1/models".
  MlflowArtifactsStore(const std::string& server_uri, net::MlflowServerOptions options, std::string root,
                       std::filesystem::path scratch_root);

  std::string uri() const override;
  std::optional<std::string> get(const std::string& key) const override;
  std::optional<ObjectInfo> head(const std::string& key) const override;
  std::vector<ObjectInfo> list(const std::string& prefix) const override;
  void put(const std::string& key, std::string_view bytes) override;
  void remove(const std::string& key) override;
  // "mlflow-artifacts:/<root>/<key>", as MLflow writes it; no SQL engine reads that.
  std::string engine_uri(const std::string& key) const override;
  std::filesystem::path local_file(const std::string& key, const std::filesystem::path& dir) const override;
  std::filesystem::path make_scratch_dir() override;
  void publish(const std::string& prefix, const std::filesystem::path& scratch_dir) override;
  void sweep() override;

 private:
  struct Entry {
    std::string name;
    bool is_folder = false;
    uint64_t size_bytes = 0;
  };

  std::string path_of(const std::string& key) const;
  // Of one folder; none where there is no such folder.
  std::vector<Entry> entries_of(const std::string& folder_key) const;
  void collect(const std::string& folder_key, const std::string& prefix, std::vector<ObjectInfo>& out) const;
  // nullopt when there is nothing of that name.
  std::optional<Entry> entry_of(const std::string& key) const;
  void check_place(const std::string& key) const;
  void upload(const std::string& key, net::HttpRequest request) const;
  void erase(const std::string& key) const;
  // Into a file, without holding it in memory; false when it broke off in the middle.
  bool download(const std::string& key, const std::filesystem::path& path) const;
  void replace_folder(const std::string& prefix, const std::filesystem::path& scratch_dir);

  mutable net::MlflowServer server_;
  std::string root_;  // "" or ends with '/'
  std::filesystem::path scratch_root_;
};

}  // namespace tidemill::storage
