#include "workflow/scheduler/liveness.h"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"

namespace tidemill::workflow {

FileLiveness::FileLiveness(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::error_code failure;
  std::filesystem::create_directories(folder_, failure);
  if (failure) throw_system_error(failure.value(), "make folder", folder_.string());
}

FileLiveness::~FileLiveness() {
  while (!held_.empty()) release(held_.begin()->first);
}

std::filesystem::path FileLiveness::file_of(int64_t job_id) const {
  return folder_ / fmt::format("scheduler-{}.lock", job_id);
}

void FileLiveness::hold(int64_t job_id) {
  if (held_.contains(job_id)) return;
  const std::string path = file_of(job_id).string();
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) throw_system_error(errno, "open", path);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    close(fd);
    throw_system_error(error, "lock", path);
  }
  held_[job_id] = fd;
}

void FileLiveness::release(int64_t job_id) {
  const auto found = held_.find(job_id);
  if (found == held_.end()) return;
  std::error_code ignored;  // a file that stays is removed by whoever asks for it next
  std::filesystem::remove(file_of(job_id), ignored);
  close(found->second);
  held_.erase(found);
}

bool FileLiveness::is_alive(int64_t job_id) {
  if (held_.contains(job_id)) return true;
  const std::string path = file_of(job_id).string();
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT) return false;
    throw_system_error(errno, "open", path);
  }
  const bool is_locked = flock(fd, LOCK_EX | LOCK_NB) != 0;
  const int error = errno;
  std::error_code ignored;
  if (!is_locked) std::filesystem::remove(path, ignored);
  close(fd);
  if (is_locked && error != EWOULDBLOCK) throw_system_error(error, "lock", path);
  return is_locked;
}

}  // namespace tidemill::workflow
