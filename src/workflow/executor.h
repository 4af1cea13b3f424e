#pragma once
// Where tasks run: each in a process of its own, started in no time and seen to end at once. The scheduler
// decides, the executor starts, watches and tells; it knows nothing of states or databases.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace tidemill::workflow {

// One try of one task.
struct TaskLaunch {
  std::string task_instance_id;  // unique among those that run
  std::string dag_id, task_id, run_id;
  int try_number = 1;
  std::string log_file;  // absolute; stdout and stderr go there, its folders are made
  std::string context;   // JSON for the task: conf, dates, what upstream tasks returned
  std::optional<int64_t> timeout_ms;
  std::optional<uint64_t> memory_limit_bytes;
};

// What a task says of itself when it ends in an orderly way.
struct TaskReport {
  enum class Outcome {
    kSuccess,
    kSkipped,        // this task alone (AirflowSkipException)
    kShortCircuit,   // this task succeeded, all that follows is skipped (ShortCircuitOperator)
    kFailed,         // may be tried again
    kFailedForGood,  // will not be: a retry cannot help (AirflowFailException)
  };
  Outcome outcome = Outcome::kSuccess;
  std::string return_value;  // JSON, "" for none; what downstream tasks see (Airflow's XCom return_value)
  std::string asset_extra;   // JSON object for the events of the task's outlets, "" for none
  std::string error;         // one sentence, when it failed

  bool has_failed() const { return outcome == Outcome::kFailed || outcome == Outcome::kFailedForGood; }
};

// Runs in the child. Must not return before everything it did is durable.
using RunTask = std::function<TaskReport(const TaskLaunch&)>;

struct TaskEvent {
  enum class Kind {
    kStarted,  // handed to a process; not sent when no process could be made
    kEnded,    // always, once for each launch()
  };
  Kind kind = Kind::kStarted;
  std::string task_instance_id;
  int64_t time_ms = 0;
  int pid = 0;
  // Of kEnded. No report: the process died, or was ended, before it could say anything.
  std::optional<TaskReport> report;
  int exit_code = 0;
  int signal = 0;  // 0 when it exited by itself
  bool timed_out = false;
  bool cancelled = false;
  bool out_of_memory = false;
  // The task did nothing wrong: what watched over it died, and it by signal 9 with that; or no process could
  // be made for it, and then pid and signal are 0.
  bool executor_lost = false;
  std::string error;  // why no process could be made; else ""
};

class Executor {
 public:
  virtual ~Executor() = default;
  // How many more tasks it takes now.
  virtual int free_slot_count() const = 0;
  // Returns at once. Errors: kResourceExhausted when there is no slot, kAlreadyExists when a task of this
  // id runs, kUnavailable when no process can be made; the task then has not started and no event comes.
  virtual void launch(TaskLaunch launch) = 0;
  // SIGTERM, and SIGKILL after a grace time. Unknown or ended tasks are left alone. The end comes as an
  // event.
  virtual void cancel(const std::string& task_instance_id) = 0;
  // In the order in which they happened. Never waits.
  virtual std::vector<TaskEvent> take_events() = 0;
  // Whether no task can be started any more, by this executor: what it ran has been told as ended.
  virtual bool is_lost() const { return false; }
  // Readable when take_events() has something to do; to poll() on, the same as long as the executor lives.
  virtual int event_fd() const = 0;
};

}  // namespace tidemill::workflow
