#include "app/project_lock.h"

#include <array>
#include <cerrno>
#include <chrono>
#include <optional>
#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"

namespace tidemill::app {
namespace {

constexpr char kLockFile[] = ".tidemill.lock";

class FileLock {
 public:
  explicit FileLock(const std::filesystem::path& path, int flags = O_CREAT)
      : fd_(open(path.c_str(), O_RDWR | O_CLOEXEC | flags, 0644)) {
    if (fd_ < 0) throw_system_error(errno, "open", path.string());
  }
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock() { close(fd_); }

  bool try_lock(metadata::LockMode mode) {
    if (flock(fd_, (mode == metadata::LockMode::kShared ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) return false;
    const std::string holder = fmt::format("process {}\n", getpid());
    if (ftruncate(fd_, 0) != 0 || pwrite(fd_, holder.data(), holder.size(), 0) < 0) {
      // Only the name shown to whoever waits; a full disk must not keep the lock from working.
      errno = 0;
    }
    return true;
  }

  std::string holder() const {
    std::array<char, 64> text{};
    const ssize_t size = pread(fd_, text.data(), text.size() - 1, 0);
    std::string name(text.data(), size > 0 ? static_cast<size_t>(size) : 0);
    while (!name.empty() && name.back() == '\n') name.pop_back();
    return name.empty() ? "another process" : name;
  }

 private:
  int fd_;
};

class DatabaseLock {
 public:
  explicit DatabaseLock(metadata::Database& database) : database_(database) {}
  DatabaseLock(const DatabaseLock&) = delete;
  DatabaseLock& operator=(const DatabaseLock&) = delete;
  ~DatabaseLock() {
    try {
      database_.release_writing_lock();
    } catch (const Error&) {
      // The server lets go of it with the connection.
    }
  }

  bool try_lock(metadata::LockMode mode) { return database_.try_lock_for_writing(mode); }
  std::string holder() const { return database_.present_writer().value_or("another program"); }

 private:
  metadata::Database& database_;
};

// Tries until `deadline`. `on_wait` hears once who is waited for.
template <typename Lock>
void wait_for(Lock& lock, metadata::LockMode mode, std::chrono::steady_clock::time_point deadline,
              int timeout_s, const std::function<void(const std::string&)>& on_wait) {
  if (lock.try_lock(mode)) return;
  const std::string holder = lock.holder();
  if (timeout_s > 0) on_wait(holder + ", which is writing this project");
  while (std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    if (lock.try_lock(mode)) return;
  }
  throw Error(
      ErrorCode::kConflict,
      fmt::format("{} is writing this project: wait for it, or give it longer with --lock-timeout SECONDS "
                  "(now {})",
                  holder, timeout_s));
}

class ProjectLock final : public dags::WriterLock {
 public:
  explicit ProjectLock(const std::filesystem::path& project_dir) : file_(project_dir / kLockFile) {}

  FileLock& file() { return file_; }
  DatabaseLock& lock_of(metadata::Database& database) { return database_.emplace(database); }

 private:
  FileLock file_;
  std::optional<DatabaseLock> database_;
};

}  // namespace

std::unique_ptr<dags::WriterLock> lock_project(const std::filesystem::path& project_dir,
                                               metadata::LockMode mode,
                                               const std::function<metadata::Database*()>& shared_database,
                                               int timeout_s,
                                               const std::function<void(const std::string&)>& on_wait) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(timeout_s);
  auto lock = std::make_unique<ProjectLock>(project_dir);
  wait_for(lock->file(), mode, deadline, timeout_s, on_wait);
  if (metadata::Database* database = shared_database()) {
    wait_for(lock->lock_of(*database), mode, deadline, timeout_s, on_wait);
  }
  return lock;
}

std::optional<std::string> find_writer(const std::filesystem::path& project_dir) {
  const std::filesystem::path path = project_dir / kLockFile;
  if (!std::filesystem::exists(path)) {
    if (access(project_dir.c_str(), W_OK) != 0) throw_system_error(errno, "write to", project_dir.string());
    return std::nullopt;
  }
  FileLock lock(path, /*flags=*/0);
  if (lock.try_lock(metadata::LockMode::kExclusive)) return std::nullopt;
  return lock.holder();
}

}  // namespace tidemill::app
