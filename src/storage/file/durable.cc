#include "storage/file/durable.h"

#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"

namespace tidemill::storage {
namespace {

namespace fs = std::filesystem;

class Descriptor {
 public:
  Descriptor(const fs::path& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// 0 or the errno of the call that failed.
int write_all_and_sync(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return errno;
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return ::fsync(fd) == 0 ? 0 : errno;
}

RenameOutcome rename_with(const fs::path& from, const fs::path& to, unsigned flags) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), flags) == 0) return RenameOutcome::kDone;
  if (errno == EEXIST || errno == ENOTEMPTY) return RenameOutcome::kTargetExists;
  if (errno == EINVAL || errno == ENOSYS || errno == EOPNOTSUPP) return RenameOutcome::kUnsupported;
  throw_system_error(errno, "rename to", to.string());
}

}  // namespace

void write_new_file(const fs::path& path, std::string_view bytes) {
  int failure = 0;
  {
    const Descriptor file(path, O_WRONLY | O_CREAT | O_EXCL);
    if (file.get() < 0) throw_system_error(errno, "create", path.string());
    failure = write_all_and_sync(file.get(), bytes);
  }
  if (failure != 0) {
    ::unlink(path.c_str());
    throw_system_error(failure, "write", path.string());
  }
}

void sync_path(const fs::path& path) {
  const Descriptor file(path, O_RDONLY);
  if (file.get() < 0) throw_system_error(errno, "open", path.string());
  // Some file systems (overlays, network) refuse fsync of a folder; renames there are as durable as they get.
  if (::fsync(file.get()) != 0 && errno != EINVAL) throw_system_error(errno, "sync", path.string());
}

void sync_tree(const fs::path& dir) {
  for (const fs::directory_entry& entry : fs::directory_iterator(dir)) {
    if (entry.is_directory() && !entry.is_symlink()) {
      sync_tree(entry.path());
    } else {
      sync_path(entry.path());
    }
  }
  sync_path(dir);
}

void create_folders(const fs::path& dir) {
  if (::mkdir(dir.c_str(), 0777) == 0) {
    sync_path(dir.parent_path());
    return;
  }
  if (errno == EEXIST) {
    struct stat status {};
    if (::stat(dir.c_str(), &status) != 0) throw_system_error(errno, "open folder", dir.string());
    if (!S_ISDIR(status.st_mode)) throw_system_error(ENOTDIR, "create folder", dir.string());
    return;
  }
  if (errno != ENOENT || !dir.has_relative_path()) throw_system_error(errno, "create folder", dir.string());
  create_folders(dir.parent_path());
  if (::mkdir(dir.c_str(), 0777) != 0 && errno != EEXIST) {
    throw_system_error(errno, "create folder", dir.string());
  }
  sync_path(dir.parent_path());
}

void rename_path(const fs::path& from, const fs::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw_system_error(errno, "replace", to.string());
}

RenameOutcome rename_if_absent(const fs::path& from, const fs::path& to) {
  return rename_with(from, to, RENAME_NOREPLACE);
}

RenameOutcome exchange(const fs::path& a, const fs::path& b) {
  return rename_with(a, b, RENAME_EXCHANGE);
}

}  // namespace tidemill::storage
