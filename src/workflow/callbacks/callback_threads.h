#pragma once
// Makes callbacks off the scheduler's thread: webhooks over HTTP, commands as processes.

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "net/http_client.h"
#include "workflow/callbacks/webhook.h"
#include "workflow/scheduler/callback_runner.h"

namespace tidemill::workflow {

struct CallbackOptions {
  std::filesystem::path folder;  // where commands are started
  int thread_count = 4;
  ReadVariable variable{};  // of the environment; empty: this process's
};

// One that was given up also stands as an error in the log of the task that it is about. Threads begin with
// the first call. Destroying it ends what is being made within about a second; those calls have not finished.
class CallbackThreads final : public CallbackRunner {
 public:
  explicit CallbackThreads(CallbackOptions options);
  ~CallbackThreads() override;
  CallbackThreads(const CallbackThreads&) = delete;
  CallbackThreads& operator=(const CallbackThreads&) = delete;

  void submit(CallbackCall call) override;
  std::vector<FinishedCallback> take_finished() override;

 private:
  void start_threads();
  void run();
  std::string make(const CallbackCall& call);

  CallbackOptions options_;
  net::HttpClient client_;
  std::atomic<bool> stop_ = false;
  std::mutex mutex_;
  std::condition_variable has_calls_;
  std::deque<CallbackCall> calls_;          // guarded by mutex_
  std::vector<FinishedCallback> finished_;  // guarded by mutex_
  std::vector<std::thread> threads_;
};

}  // namespace tidemill::workflow
