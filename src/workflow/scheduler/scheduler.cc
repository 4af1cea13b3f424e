#include "workflow/scheduler/scheduler.h"

#include <algorithm>

#include "base/error.h"
#include "workflow/scheduler/due_runs.h"

namespace tidemill::workflow {
namespace {

constexpr int64_t kPatienceWithDatabaseMs = 60'000;
// Runs may end in the tick in which they begin; a DAG whose runs always do must not keep others waiting.
constexpr int kMostRounds = 20;

// What may be over when it is tried again.
bool may_pass(ErrorCode code) {
  return code == ErrorCode::kConflict || code == ErrorCode::kUnavailable ||
         code == ErrorCode::kDeadlineExceeded || code == ErrorCode::kResourceExhausted;
}

}  // namespace

Scheduler::Followed::Followed(Dag one)
    : dag(std::move(one)), graph(dag), timetable(timetable_of(dag)), zone(TimeZone::find(dag.time_zone)) {}

Scheduler::Scheduler(metadata::Database& database, std::vector<Dag> dags, Executor& executor,
                     const Clock& clock, SchedulerOptions options, CallbackRunner& callbacks,
                     Liveness& liveness)
    : database_(database),
      store_(database),
      executor_(executor),
      clock_(clock),
      options_(std::move(options)),
      callbacks_(callbacks),
      liveness_(liveness) {
  for (Dag& dag : dags) {
    dags_.push_back(std::make_unique<Followed>(std::move(dag)));
    by_id_[dags_.back()->dag.id] = dags_.back().get();
  }
}

Scheduler::~Scheduler() = default;

Scheduler::Followed* Scheduler::find(const std::string& dag_id) {
  const auto found = by_id_.find(dag_id);
  return found == by_id_.end() ? nullptr : found->second;
}

Scheduler::TaskPlace Scheduler::find(const TaskInstance& instance) {
  Followed* followed = find(instance.dag_id);
  if (followed == nullptr) return {};
  const auto number = followed->graph.find(instance.task_id);
  return {followed, number ? &followed->graph[*number] : nullptr};
}

int64_t Scheduler::tick() {
  if (is_taken_over_) throw Error(ErrorCode::kConflict, "another scheduler has taken over from this one");
  const int64_t before_ms = std::exchange(now_ms_, clock_.now_ms());
  if (now_ms_ < before_ms) looks_at_all_ = true;  // the clock was set back
  if (events_.empty()) events_since_ms_ = now_ms_;
  for (TaskEvent& event : executor_.take_events()) events_.push_back(std::move(event));
  for (FinishedCallback& call : callbacks_.take_finished()) finished_callbacks_.push_back(std::move(call));
  if (!has_something_to_do()) return wake_at_ms_;
  try {
    work();
    after_commit();
  } catch (...) {
    recover();
    throw;
  }
  return wake_at_ms_;
}

void Scheduler::wake() {
  wake_signal_.set();
}

bool Scheduler::has_something_to_do() {
  // Both, so that what work() did itself is not taken for another's change afterwards.
  const bool is_woken = wake_signal_.take();
  if (database_changed() || is_woken) looks_at_all_ = true;
  if (starts_can_wait()) {
    wake_by(events_since_ms_ + options_.start_patience_ms);
  } else if (!events_.empty()) {
    return true;
  }
  return looks_at_all_ || !finished_callbacks_.empty() || !changed_runs_.empty() ||
         (may_have_lost_tasks_ && now_ms_ >= look_again_at_ms_) || now_ms_ >= wake_at_ms_;
}

bool Scheduler::starts_can_wait() {
  const auto is_start = [](const TaskEvent& event) { return event.kind == TaskEvent::Kind::kStarted; };
  return now_ms_ < events_since_ms_ + options_.start_patience_ms && !events_.empty() &&
         std::all_of(events_.begin(), events_.end(), is_start);
}

// By anybody but work().
bool Scheduler::database_changed() {
  const int64_t number = metadata::change_number(database_);
  return std::exchange(seen_change_, number) != number;
}

void Scheduler::look_at_all() {
  store_.end_tries_by(now_ms_);
  paused_.clear();
  for (const DagState& state : store_.list_dags()) {
    if (state.is_paused) paused_.insert(state.dag_id);
  }
  RunFilter filter;
  filter.states = {RunState::kRunning};
  for (const DagRun& run : store_.list_runs(filter, {-1})) changed_runs_.insert({run.dag_id, run.run_id});
  for (const auto& followed : dags_) followed->is_changed = true;
  look_at_.clear();
  has_waiting_tasks_ = true;
  may_be_changed_ = true;
}

// All in one transaction. What it leaves in members says what is done, so recover() must undo that.
void Scheduler::work() {
  metadata::Transaction transaction(database_);
  wake_at_ms_ = now_ms_ + options_.heartbeat_ms;
  if (job_.id == 0) start();
  if (std::exchange(looks_at_all_, false)) look_at_all();
  schedule_foreground_task();
  if (std::exchange(may_have_lost_tasks_, false)) {
    liveness_.hold(job_.id);  // the connection may be another one
    reset_lost_tasks();
  }
  beat();
  for (const TaskEvent& event : events_) apply(event);
  for (const FinishedCallback& call : finished_callbacks_) forget_callback(call);
  for (const auto& [run, at_ms] : look_at_) {
    if (at_ms <= now_ms_) changed_runs_.insert(run);
  }
  tell_missed_deadlines();
  const auto is_changed = [](const auto& followed) { return followed->is_changed; };
  for (int round = 0; round == 0 || std::any_of(dags_.begin(), dags_.end(), is_changed); ++round) {
    if (round == kMostRounds) {
      wake_by(now_ms_);
      break;
    }
    create_and_start_runs();
    follow_runs();
  }
  if (!is_stopping_) claim_tasks();
  const std::optional<int64_t> own_change = transaction.commit();
  // Only if nobody came between the look and this: what they did is still to be looked at.
  if (own_change && seen_change_ && *own_change == *seen_change_ + 1) seen_change_ = own_change;
}

void Scheduler::after_commit() {
  is_registered_ = true;
  for (const TaskEvent& event : events_) {
    if (event.kind != TaskEvent::Kind::kEnded) continue;
    launched_.erase(event.task_instance_id);
    cancelled_.erase(event.task_instance_id);
  }
  events_.clear();
  for (const FinishedCallback& call : finished_callbacks_) submitted_callbacks_.erase(call.id);
  finished_callbacks_.clear();
  for (const auto& [run, at_ms] : look_at_) wake_by(at_ms);
  cancel_what_was_changed();
  launch_claimed();
  if (std::exchange(has_new_callbacks_, false)) submit_callbacks();
}

// Whatever was in the transaction may or may not be in the database.
void Scheduler::recover() {
  claimed_.clear();
  told_hopeless_.clear();
  looks_at_all_ = true;
  may_have_lost_tasks_ = true;
  has_new_callbacks_ = true;
  if (is_registered_) return;
  if (job_.id != 0) liveness_.release(job_.id);
  job_ = {};
}

void Scheduler::wake_by(std::optional<int64_t> at_ms) {
  if (at_ms) wake_at_ms_ = std::min(wake_at_ms_, std::max(*at_ms, now_ms_));
}

void Scheduler::run(const std::atomic<bool>& stop) {
  std::optional<int64_t> failing_since_ms;
  while (!stop) {
    int64_t timeout_ms = options_.poll_ms;
    try {
      timeout_ms = std::min(timeout_ms, tick() - clock_.now_ms());
      failing_since_ms = std::nullopt;
    } catch (const Error& error) {
      const int64_t now_ms = clock_.now_ms();
      if (!failing_since_ms) failing_since_ms = now_ms;
      if (is_taken_over_ || !may_pass(error.code())) throw;
      if (now_ms - *failing_since_ms > kPatienceWithDatabaseMs) throw;
    }
    if (executor_.is_lost() && events_.empty()) {
      throw Error(ErrorCode::kUnavailable,
                  "the process that starts tasks was killed, and another one can be started with the program "
                  "only: start it again");
    }
    if (!stop) wake_signal_.wait(executor_.event_fd(), timeout_ms);
  }
  shut_down();
}

void Scheduler::shut_down(int64_t patience_ms) {
  is_stopping_ = true;
  for (const auto& [id, try_number] : launched_) executor_.cancel(id);
  const int64_t until_ms = clock_.now_ms() + patience_ms;
  tick();
  while (!launched_.empty() && clock_.now_ms() < until_ms) {
    wake_signal_.wait(executor_.event_fd(), std::min<int64_t>(patience_ms, options_.poll_ms));
    tick();
  }
  if (!launched_.empty()) return;  // whoever comes next resets them, once this process is gone
  metadata::Transaction transaction(database_);
  job_.state = "success";
  job_.end_ms = clock_.now_ms();
  store_.update_job(job_);
  transaction.commit();
  liveness_.release(job_.id);
}

}  // namespace tidemill::workflow
