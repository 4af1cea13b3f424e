#include "storage/file/file_store.h"

#include <algorithm>
#include <cerrno>
#include <system_error>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/id.h"
#include "storage/file/durable.h"
#include "storage/key.h"

namespace tidemill::storage {
namespace {

namespace fs = std::filesystem;

constexpr char kStaging[] = ".staging";
// .staging/aside-<id>: a folder moved aside by replace_folder(); `content` is the folder, `key` says where it
// belongs.
constexpr char kAsidePrefix[] = "aside-";
constexpr char kAsideContent[] = "content";
constexpr char kAsideKey[] = "key";

bool is_absent(int error_number) {
  return error_number == ENOENT || error_number == ENOTDIR;
}

bool is_taken(const fs::path& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0;
}

int64_t milliseconds(const timespec& time) {
  return int64_t{time.tv_sec} * 1000 + time.tv_nsec / 1'000'000;
}

// The file's bytes; nullopt when there is no regular file of this name.
std::optional<std::string> read_file(const fs::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd < 0) {
    if (is_absent(errno) || errno == ELOOP) return std::nullopt;
    throw_system_error(errno, "open", path.string());
  }
  struct stat status {};
  if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd);
    return std::nullopt;
  }
  std::string bytes(static_cast<size_t>(status.st_size), '\0');
  size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t count = ::read(fd, bytes.data() + done, bytes.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      const int failure = errno;
      ::close(fd);
      throw_system_error(failure, "read", path.string());
    }
    if (count == 0) break;  // cut short from outside; the manifest's size check says so
    done += static_cast<size_t>(count);
  }
  ::close(fd);
  bytes.resize(done);
  return bytes;
}

void collect(const fs::path& dir, const std::string& dir_key, const std::string& prefix,
             std::vector<ObjectInfo>& out) {
  std::error_code failure;
  fs::directory_iterator entries(dir, failure);
  if (failure) {
    // Removed since it was listed, or never there.
    if (is_absent(failure.value())) return;
    throw_system_error(failure.value(), "list", dir.string());
  }
  for (const fs::directory_entry& entry : entries) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with('.')) continue;
    const std::string key = dir_key + name;
    struct stat status {};
    if (::lstat(entry.path().c_str(), &status) != 0) continue;  // removed meanwhile
    if (S_ISDIR(status.st_mode)) {
      const std::string as_prefix = key + "/";
      const size_t shared = std::min(as_prefix.size(), prefix.size());
      if (as_prefix.compare(0, shared, prefix, 0, shared) == 0) collect(entry.path(), as_prefix, prefix, out);
    } else if (S_ISREG(status.st_mode) && key.starts_with(prefix)) {
      out.push_back({key, static_cast<uint64_t>(status.st_size), milliseconds(status.st_mtim)});
    }
  }
}

void remove_tree(const fs::path& path) {
  std::error_code failure;
  fs::remove_all(path, failure);
  if (failure && !is_absent(failure.value())) {
    throw_system_error(failure.value(), "remove", path.string());
  }
}

}  // namespace

FileStore::FileStore(const fs::path& root, bool allow_exchange)
    : root_(fs::absolute(root).lexically_normal()), allow_exchange_(allow_exchange) {}

std::string FileStore::uri() const {
  return "file:" + root_.string();
}

fs::path FileStore::path_of(const std::string& key) const {
  check_key(key);
  return root_ / key;
}

fs::path FileStore::new_staging_path(const std::string& name_prefix) const {
  create_folders(root_ / kStaging);
  return root_ / kStaging / (name_prefix + new_id());
}

std::optional<std::string> FileStore::get(const std::string& key) const {
  return read_file(path_of(key));
}

std::optional<ObjectInfo> FileStore::head(const std::string& key) const {
  const fs::path path = path_of(key);
  struct stat status {};
  if (::lstat(path.c_str(), &status) != 0) {
    if (is_absent(errno)) return std::nullopt;
    throw_system_error(errno, "look at", path.string());
  }
  if (!S_ISREG(status.st_mode)) return std::nullopt;
  return ObjectInfo{key, static_cast<uint64_t>(status.st_size)};
}

std::vector<ObjectInfo> FileStore::list(const std::string& prefix) const {
  check_prefix(prefix);
  const size_t slash = prefix.rfind('/');
  const std::string dir_key = slash == std::string::npos ? "" : prefix.substr(0, slash + 1);
  std::vector<ObjectInfo> objects;
  collect(root_ / dir_key, dir_key, prefix, objects);
  std::sort(objects.begin(), objects.end(),
            [](const ObjectInfo& a, const ObjectInfo& b) { return a.key < b.key; });
  return objects;
}

void FileStore::put(const std::string& key, std::string_view bytes) {
  const fs::path target = path_of(key);
  create_folders(target.parent_path());
  const fs::path staged = new_staging_path();
  write_new_file(staged, bytes);
  try {
    rename_path(staged, target);
  } catch (const Error&) {
    ::unlink(staged.c_str());
    throw;
  }
  sync_path(target.parent_path());
}

void FileStore::remove(const std::string& key) {
  const fs::path path = path_of(key);
  if (::unlink(path.c_str()) == 0) {
    sync_path(path.parent_path());
  } else if (!is_absent(errno)) {
    throw_system_error(errno, "remove", path.string());
  }
}

std::string FileStore::engine_uri(const std::string& key) const {
  return path_of(key).string();
}

fs::path FileStore::local_file(const std::string& key, const fs::path&) const {
  if (!head(key)) throw_system_error(ENOENT, "open", path_of(key).string());
  return path_of(key);
}

fs::path FileStore::make_scratch_dir() {
  fs::path dir = new_staging_path();
  if (::mkdir(dir.c_str(), 0777) != 0) throw_system_error(errno, "create folder", dir.string());
  return dir;
}

void FileStore::publish(const std::string& prefix, const fs::path& scratch_dir) {
  try {
    const fs::path target = path_of(prefix);
    sync_tree(scratch_dir);
    create_folders(target.parent_path());
    struct stat status {};
    if (::lstat(target.c_str(), &status) == 0 && !S_ISDIR(status.st_mode)) {
      throw_system_error(ENOTDIR, "publish folder", target.string());
    }
    replace_folder(target, prefix, scratch_dir);
    sync_path(target.parent_path());
  } catch (...) {
    std::error_code ignored;  // the first error is the one to tell
    fs::remove_all(scratch_dir, ignored);
    throw;
  }
  remove_tree(scratch_dir);  // after an exchange it holds the old objects
}

void FileStore::replace_folder(const fs::path& target, const std::string& prefix,
                               const fs::path& scratch_dir) {
  if (allow_exchange_) {
    RenameOutcome outcome = rename_if_absent(scratch_dir, target);
    if (outcome == RenameOutcome::kTargetExists) outcome = exchange(scratch_dir, target);
    if (outcome == RenameOutcome::kDone) return;
  }
  if (is_taken(target)) {
    const fs::path aside = new_staging_path(kAsidePrefix);
    create_folders(aside);
    write_new_file(aside / kAsideKey, prefix);
    sync_path(aside);
    rename_path(target, aside / kAsideContent);
    rename_path(scratch_dir, target);
    sync_path(target.parent_path());
    remove_tree(aside);
  } else {
    rename_path(scratch_dir, target);
  }
}

void FileStore::put_back(const fs::path& aside) const {
  const fs::path content = aside / kAsideContent;
  const std::optional<std::string> key = read_file(aside / kAsideKey);
  if (!key || !is_taken(content)) return;
  const fs::path target = path_of(*key);
  if (is_taken(target)) return;  // the new folder made it
  rename_path(content, target);
  sync_path(target.parent_path());
}

void FileStore::sweep() {
  std::error_code failure;
  fs::directory_iterator entries(root_ / kStaging, failure);
  if (failure) {
    if (is_absent(failure.value())) return;
    throw_system_error(failure.value(), "list", (root_ / kStaging).string());
  }
  for (const fs::directory_entry& entry : entries) {
    if (entry.path().filename().string().starts_with(kAsidePrefix)) put_back(entry.path());
    remove_tree(entry.path());
  }
}

}  // namespace tidemill::storage
