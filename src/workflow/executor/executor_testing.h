#pragma once
// For tests with real processes: waiting for events and for deaths, without sleeping.

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "workflow/executor.h"
#include "workflow/executor/file_descriptor.h"

namespace tidemill::workflow {

constexpr int kLongMs = 60'000;  // more than any machine needs; reached only by what is broken

// A folder of this test's own, gone after it.
class FreshFolder {
 public:
  FreshFolder()
      : path_(std::filesystem::path(testing::TempDir()) /
              (std::string("workflow-") + testing::UnitTest::GetInstance()->current_test_info()->name() +
               "-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~FreshFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  FreshFolder(const FreshFolder&) = delete;
  FreshFolder& operator=(const FreshFolder&) = delete;
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

// Collects events until `count` tasks have ended.
inline std::vector<TaskEvent> events_until_ended(Executor& executor, int count) {
  std::vector<TaskEvent> events;
  while (count > 0) {
    pollfd polled{executor.event_fd(), POLLIN, 0};
    if (poll(&polled, 1, kLongMs) != 1) {
      ADD_FAILURE() << "no event";
      break;
    }
    for (TaskEvent& event : executor.take_events()) {
      if (event.kind == TaskEvent::Kind::kEnded) --count;
      events.push_back(std::move(event));
    }
  }
  return events;
}

// A handle on a process that is not ours; it must be alive now.
inline FileDescriptor watch_process(pid_t pid) {
  FileDescriptor watched(static_cast<int>(syscall(SYS_pidfd_open, pid, 0)));
  EXPECT_TRUE(watched) << "process " << pid << " is not there: " << errno;
  return watched;
}

inline void expect_death(const FileDescriptor& process, const std::string& who) {
  pollfd polled{process.get(), POLLIN, 0};
  EXPECT_EQ(poll(&polled, 1, kLongMs), 1) << who << " lives on";
}

// A named pipe on which processes tell their numbers, one a line. Opened for both so that it never ends.
class PidPipe {
 public:
  explicit PidPipe(const std::filesystem::path& path) : path_(path) {
    std::filesystem::remove(path_);
    EXPECT_EQ(mkfifo(path_.c_str(), 0600), 0);
    file_.reset(open(path_.c_str(), O_RDWR | O_CLOEXEC));
  }
  pid_t next() {
    std::string digits;
    for (char sign = 0; sign != '\n';) {
      pollfd polled{file_.get(), POLLIN, 0};
      if (poll(&polled, 1, kLongMs) != 1 || read(file_.get(), &sign, 1) != 1) {
        ADD_FAILURE() << "no number of a process came";
        return -1;
      }
      digits += sign;
    }
    return std::stoi(digits);
  }

 private:
  std::filesystem::path path_;
  FileDescriptor file_;
};

}  // namespace tidemill::workflow
