#pragma once
// Who makes callbacks: sends a document to a URL, or starts a program with it.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "workflow/dag.h"

namespace tidemill::workflow {

struct CallbackCall {
  int64_t id = 0;  // unique in the database
  Callback target;
  std::string document;  // JSON: {"event": "on_failure", "dag_id": ..., "run_id": ..., "state": ..., ...}
};

struct FinishedCallback {
  int64_t id = 0;
  std::string error{};  // why it was given up; "" when it was made. Nothing secret.
};

// A call is written down with what caused it and submitted after that is committed; it is forgotten once the
// runner says that it is finished. A scheduler that dies in between is followed by one that submits it again,
// so a call may come twice, never not at all.
class CallbackRunner {
 public:
  virtual ~CallbackRunner() = default;
  // Returns at once; whether and how often to try again is the runner's matter.
  virtual void submit(CallbackCall call) = 0;
  // Those that need nothing more, made or given up. Never waits.
  virtual std::vector<FinishedCallback> take_finished() = 0;
};

// For whoever wants none: all are finished at once.
class NoCallbacks final : public CallbackRunner {
 public:
  void submit(CallbackCall call) override { finished_.push_back({call.id}); }
  std::vector<FinishedCallback> take_finished() override { return std::exchange(finished_, {}); }

 private:
  std::vector<FinishedCallback> finished_;
};

}  // namespace tidemill::workflow
