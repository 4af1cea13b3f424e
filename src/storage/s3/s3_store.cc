#include "storage/s3/s3_store.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <ctime>
#include <set>
#include <system_error>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/id.h"
#include "base/parallel.h"
#include "storage/key.h"
#include "storage/s3/transfer.h"

namespace tidemill::storage::s3 {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kLeastPartBytes = 5U << 20U;  // S3's, for all parts but the last
// What says that a folder is whole; see ObjectStore::publish.
constexpr std::array<std::string_view, 2> kSeals = {"manifest.json", "MLmodel"};

bool is_seal(std::string_view name) {
  return std::find(kSeals.begin(), kSeals.end(), name) != kSeals.end();
}

// Names relative to `dir`, in byte order.
std::set<std::string> files_below(const fs::path& dir) {
  std::set<std::string> names;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(dir)) {
    if (entry.is_regular_file()) names.insert(entry.path().lexically_relative(dir).generic_string());
  }
  return names;
}

void make_folder(const fs::path& dir) {
  std::error_code failure;
  fs::create_directories(dir, failure);
  if (failure) throw_system_error(failure.value(), "create folder", dir.string());
}

}  // namespace

S3Store::S3Store(Target target, const StoreOptions& options, fs::path scratch_root)
    : client_(std::move(target), options.s3_page_size),
      scratch_root_(std::move(scratch_root)),
      part_bytes_(std::max(options.s3_part_bytes, kLeastPartBytes)) {}

std::string S3Store::uri() const {
  return client_.target().uri();
}

std::optional<std::string> S3Store::get(const std::string& key) const {
  check_key(key);
  return download(client_, key, part_bytes_);
}

std::optional<ObjectInfo> S3Store::head(const std::string& key) const {
  check_key(key);
  const auto found = client_.head(key);
  if (!found) return std::nullopt;
  return ObjectInfo{key, found->size_bytes};
}

std::vector<ObjectInfo> S3Store::list(const std::string& prefix) const {
  check_prefix(prefix);
  std::vector<ObjectInfo> objects;
  std::string from;
  do {
    Page page = client_.list(prefix, from);
    std::move(page.objects.begin(), page.objects.end(), std::back_inserter(objects));
    from = std::move(page.next);
  } while (!from.empty());
  // Servers on file systems list folder by folder.
  std::sort(objects.begin(), objects.end(),
            [](const ObjectInfo& a, const ObjectInfo& b) { return a.key < b.key; });
  return objects;
}

void S3Store::put(const std::string& key, std::string_view bytes) {
  check_key(key);
  upload(client_, key, content_of(bytes), part_bytes_);
}

void S3Store::remove(const std::string& key) {
  check_key(key);
  client_.remove(key);
}

std::string S3Store::engine_uri(const std::string& key) const {
  check_key(key);
  return client_.target().uri_of(key);
}

std::optional<S3Access> S3Store::s3_access() const {
  const Target& target = client_.target();
  return S3Access{target.uri_of(""),        target.endpoint,
                  target.path_style,        target.region,
                  target.aws.access_key_id, target.aws.secret_access_key,
                  target.aws.session_token, target.aws.ca_file};
}

fs::path S3Store::local_file(const std::string& key, const fs::path& dir) const {
  check_key(key);
  make_folder(dir);
  fs::path path = dir / fs::path(key).filename();
  if (!download_to_file(client_, key, part_bytes_, path)) {
    std::error_code ignored;
    fs::remove(path, ignored);
    throw Error(ErrorCode::kNotFound, fmt::format("there is no object {}", client_.target().uri_of(key)));
  }
  return path;
}

fs::path S3Store::make_scratch_dir() {
  fs::path dir = scratch_root_ / new_id();
  make_folder(dir);
  return dir;
}

void S3Store::replace_folder(const std::string& prefix, const fs::path& scratch_dir) {
  check_key(prefix);
  if (client_.head(prefix)) throw_system_error(ENOTDIR, "publish folder", client_.target().uri_of(prefix));
  const std::string root = prefix + "/";
  std::set<std::string> names = files_below(scratch_dir);
  for (const std::string& name : names) check_key(root + name);

  std::vector<std::string> old;
  for (const ObjectInfo& object : list(root)) {
    const std::string name = object.key.substr(root.size());
    if (is_seal(name)) {
      client_.remove(object.key);
    } else if (!names.contains(name)) {
      old.push_back(object.key);
    }
  }
  std::vector<std::string> seals;
  for (const std::string_view seal : kSeals) {
    if (names.erase(std::string(seal)) > 0) seals.emplace_back(seal);
  }
  // Large ones use all connections for their parts.
  std::vector<std::string> small;
  for (const std::string& name : names) {
    if (fs::file_size(scratch_dir / name) <= part_bytes_) {
      small.push_back(name);
    } else {
      upload(client_, root + name, content_of_file(scratch_dir / name), part_bytes_);
    }
  }
  parallel_for(small.size(), kConnections, [&](size_t i) {
    upload(client_, root + small[i], content_of_file(scratch_dir / small[i]), part_bytes_);
  });
  // Before the seal: it must not vouch for what belonged to the old folder.
  parallel_for(old.size(), kConnections, [&](size_t i) { client_.remove(old[i]); });
  for (const std::string& seal : seals) {
    const Content content = content_of_file(scratch_dir / seal);
    try {
      client_.put(root + seal, content.read(0, content.size_bytes), true);
    } catch (const Error& error) {
      // Whoever was quicker may have sealed files of ours.
      if (error.code() == ErrorCode::kConflict) client_.remove(root + seal);
      throw;
    }
  }
}

void S3Store::publish(const std::string& prefix, const fs::path& scratch_dir) {
  std::error_code ignored;  // what cannot be removed now is swept later
  try {
    replace_folder(prefix, scratch_dir);
  } catch (...) {
    fs::remove_all(scratch_dir, ignored);
    throw;
  }
  fs::remove_all(scratch_dir, ignored);
}

void S3Store::sweep() {
  std::error_code failure;
  fs::remove_all(scratch_root_, failure);
  if (failure) throw_system_error(failure.value(), "remove", scratch_root_.string());
  const std::time_t a_day_ago = std::time(nullptr) - std::time_t{24} * 60 * 60;
  try {
    for (const PendingUpload& upload : client_.pending_uploads(a_day_ago)) {
      client_.abort_upload(upload.key, upload.upload_id);
    }
  } catch (const Error& error) {
    // Who may not look after uploads leaves them to the bucket's own rules; wrong keys fail in what follows.
    if (error.code() != ErrorCode::kPermissionDenied && error.code() != ErrorCode::kNotImplemented) throw;
  }
}

std::unique_ptr<ObjectStore> open(const std::string& uri, const std::string& rest,
                                  const StoreOptions& options) {
  constexpr size_t kNameDigits = 16;
  Target target = make_target(uri, rest, options);
  const fs::path scratch = fs::absolute(options.base_dir) / ".tidemill" / "scratch" /
                           sha256_hex(target.uri()).substr(0, kNameDigits);
  return std::make_unique<S3Store>(std::move(target), options, scratch);
}

}  // namespace tidemill::storage::s3
