#pragma once
// Decides what runs: makes runs when they are due, follows their tasks, gives tasks to the executor and
// writes down what became of them. Source: airflow.jobs.scheduler_job_runner.SchedulerJobRunner.
//
// Every change is written in one transaction with what caused it, so a scheduler that is killed at any
// instant is followed by another one that goes on: tasks that the dead one had are run again without counting
// as a try. Several schedulers may work on one database: a task is claimed before it is launched. One thread
// at a time, but for wake().
//
// What happens depends on the database, the clock and the executor's events alone. Cost: a tick without
// anything to do is one small query; else it looks at the runs that something happened to, and at all that
// are not over only when somebody else has changed the database.

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/time_zone.h"
#include "workflow/dag_graph.h"
#include "workflow/executor.h"
#include "workflow/scheduler/callback_runner.h"
#include "workflow/scheduler/liveness.h"
#include "workflow/scheduler/task_context.h"
#include "workflow/scheduler/wake_signal.h"
#include "workflow/store.h"
#include "workflow/timetable.h"

namespace tidemill::workflow {

struct SchedulerOptions {
  int parallelism = 32;  // tasks at once
  std::string log_dir;   // absolute
  std::string hostname;
  int64_t pid = 0;
  int64_t heartbeat_ms = 5000;
  int64_t poll_ms = 100;  // how often run() looks whether another process has changed the database
  // How long "running" may wait to be written: with the end of a short task, one commit is enough for both,
  // and what follows on the task does not wait for another.
  int64_t start_patience_ms = 5;
  // The scheduler of a command that works on one run, or one task of it, itself, beside others or alone:
  // makes and starts no runs, takes over from nobody, minds no pause.
  std::optional<RunName> foreground;
  std::optional<std::string> foreground_task;
};

// The XCom in which a short circuit keeps whom it has skipped: {"skipped": [...]} (Airflow's SkipMixin).
inline constexpr char kSkippedKey[] = "skipmixin_key";

class Scheduler {
 public:
  // All but the DAGs outlive it. The DAGs must be checked.
  Scheduler(metadata::Database& database, std::vector<Dag> dags, Executor& executor, const Clock& clock,
            SchedulerOptions options, CallbackRunner& callbacks, Liveness& liveness);
  ~Scheduler();

  // Does all that is due at the clock's time. Never sleeps. Returns when it has to be called again at the
  // latest, if no event of the executor, no wake() and no change of the database comes before. The first call
  // writes down that the scheduler is there and takes over from dead ones.
  // Errors: those of the database; nothing is lost then, and the next call does it. kConflict when another
  // scheduler took this one for dead and has its tasks: what ran here is cancelled, don't call again.
  int64_t tick();
  // From any thread: something changed, also through this very database connection, which tick() cannot see.
  void wake();
  // tick() and waiting until `stop` is set (and wake() called), then shut_down(). A database that is locked,
  // full or away is waited for, a minute at most. Errors: as tick(), and kUnavailable when the executor is
  // lost: what it ran is written down as to be run again.
  void run(const std::atomic<bool>& stop);
  // No more tasks are launched; those that run are cancelled, waited for at most `patience_ms`, and run again
  // under the next scheduler without counting as a try.
  void shut_down(int64_t patience_ms = 20'000);

  int64_t job_id() const { return job_.id; }

 private:
  struct Followed {  // a DAG and what is worked out once
    explicit Followed(Dag one);
    Dag dag;
    DagGraph graph;
    Timetable timetable;
    TimeZone zone;
    bool is_changed = true;                 // whether its schedule and queued runs are to be looked at
    std::optional<int64_t> next_run_at_ms;  // by the clock
  };
  using RunKey = std::pair<std::string, std::string>;  // DAG and run
  struct TaskPlace {                                   // where a task instance belongs
    Followed* followed = nullptr;
    const DagGraph::Node* node = nullptr;
  };
  struct Room;

  // scheduler.cc: what is due
  Followed* find(const std::string& dag_id);
  TaskPlace find(const TaskInstance& instance);
  bool has_something_to_do();
  bool starts_can_wait();
  bool database_changed();
  void look_at_all();
  void work();
  void after_commit();
  void recover();
  void wake_by(std::optional<int64_t> at_ms);

  // jobs.cc: this scheduler and dead ones
  void start();
  void beat();
  void take_over_from_dead();
  void reset_lost_tasks();
  void reset(TaskInstance instance);

  // task_events.cc: what the executor told
  void apply(const TaskEvent& event);
  void apply_start(TaskInstance instance, const TaskEvent& event);
  void apply_end(TaskInstance instance, const TaskEvent& event);
  void succeed(const TaskInstance& instance, const TaskPlace& place, const TaskReport& report);
  void change_assets(const TaskInstance& instance, const Task& task, const std::string& extra);
  void skip_downstream(const TaskInstance& instance, const TaskPlace& place);
  void fail(TaskInstance& instance, const TaskEvent& event);
  void log_failure(const TaskInstance& instance, const std::string& why);
  void cancel_what_was_changed();

  // follow_runs.cc: what task states lead to
  void create_and_start_runs();
  void follow_runs();
  void follow(Followed& followed, DagRun run);
  void look_at_later_runs(const Followed& followed, const std::string& run_id);
  bool complete_instances(const DagGraph& graph, const DagRun& run, const std::vector<TaskStatus>& instances);
  void change_state(TaskInstance& instance, TaskState state);
  void end_run(Followed& followed, DagRun& run, RunState state);
  bool times_out(Followed& followed, DagRun& run);
  bool past_allows(const Dag& dag, const DagRun& run, const Task& task);
  void tell_missed_deadlines();

  // claim_tasks.cc: what is launched
  void claim_tasks();
  bool may_claim(const TaskInstance& instance) const;
  bool claim(TaskInstance& instance, Room& room, std::map<RunKey, RunContext>& contexts);
  void tell_hopeless(const TaskInstance& instance, const std::string& why);
  RunContext context_of(const Followed& followed, const TaskInstance& instance);
  TaskLaunch launch_of(const TaskPlace& place, const TaskInstance& instance, const RunContext& context);
  void launch_claimed();

  // foreground.cc: whose runs are whose
  bool is_ours(const DagRun& run) const;
  void schedule_foreground_task();
  bool fails_with_its_test(const TaskInstance& instance);

  // callbacks.cc
  void call_back(const std::vector<Callback>& callbacks, const std::string& event, const DagRun& run,
                 const TaskInstance* instance, const std::string& why = "");
  void call_back(const std::vector<Callback>& callbacks, const std::string& event,
                 const TaskInstance& instance, const std::string& why = "");
  void submit_callbacks();
  void forget_callback(const FinishedCallback& call);

  metadata::Database& database_;
  Store store_;
  std::vector<std::unique_ptr<Followed>> dags_;
  std::map<std::string, Followed*> by_id_;
  Executor& executor_;
  const Clock& clock_;
  SchedulerOptions options_;
  CallbackRunner& callbacks_;
  Liveness& liveness_;
  WakeSignal wake_signal_;

  Job job_;
  int64_t now_ms_ = 0;
  int64_t wake_at_ms_ = 0;
  std::optional<int64_t> seen_change_;  // see database_changed()
  bool is_registered_ = false, is_stopping_ = false, is_taken_over_ = false;
  bool has_begun_foreground_task_ = false;

  // What is still to be done; kept until it is committed.
  std::vector<TaskEvent> events_;
  int64_t events_since_ms_ = 0;  // when the first of them came
  std::vector<FinishedCallback> finished_callbacks_;
  bool looks_at_all_ = true;
  bool may_have_lost_tasks_ =
      false;                       // claimed in a transaction of which nobody knows whether it was committed
  bool has_waiting_tasks_ = true;  // scheduled ones, as far as known
  bool has_new_callbacks_ = true;
  bool may_be_changed_ = true;  // tasks that run, by somebody else or a timeout
  std::set<std::string> paused_;
  std::set<RunKey> changed_runs_;
  std::map<RunKey, int64_t> look_at_;  // runs that are to be looked at because of the time

  static constexpr int64_t kNoRoomMs = 1000;  // until it is tried again when no process could be made
  int64_t look_again_at_ms_ = 0;              // after a launch that failed
  std::vector<TaskLaunch> claimed_;           // written down, to be launched after the commit
  std::map<std::string, int> launched_;       // ids and tries that the executor has
  std::set<std::string> cancelled_;           // of these, told to end
  std::set<int64_t> submitted_callbacks_;
  std::set<std::pair<std::string, std::string>> told_hopeless_;  // instance and pool
};

}  // namespace tidemill::workflow
