#pragma once
// The threads that run handlers, which may wait for disks and databases.

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace tidemill::net {

// Safe for many threads.
class WorkerPool {
 public:
  explicit WorkerPool(int thread_count);
  // stop().
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // In the order they were given, each once, also those that still wait when the pool stops. A job throws
  // nothing. False, without taking the job, after stop().
  bool submit(std::function<void()> job);
  // Waits for all jobs.
  void stop();

 private:
  void run();

  std::mutex mutex_;
  std::condition_variable has_job_;
  std::deque<std::function<void()>> jobs_;
  bool is_stopped_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace tidemill::net
