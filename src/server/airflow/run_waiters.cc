#include "server/airflow/run_waiters.h"

#include <algorithm>
#include <chrono>
#include <limits>

#include "base/error.h"
#include "base/json.h"

namespace tidemill::server::airflow {
namespace {

constexpr size_t kMaxWaiters = 1000;
constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// False when there is nothing more to say.
bool tell(workflow::Store& store, const RunWaiters::Wait& wait) {
  const auto run = store.find_run(wait.dag_id, wait.run_id);
  if (run && wait.writer.write(wait_line(store, *run, wait.result_task_ids)) && !is_finished(run->state)) {
    return true;
  }
  wait.writer.close();
  return false;
}

}  // namespace

std::string wait_line(workflow::Store& store, const workflow::DagRun& run,
                      const std::vector<std::string>& result_task_ids) {
  Json line = {{"state", name_of(run.state)}};
  if (is_finished(run.state) && !result_task_ids.empty()) {
    const auto values = store.xcoms_named(run.dag_id, run.run_id, "return_value");
    for (const std::string& task_id : result_task_ids) {
      if (const auto found = values.find(task_id); found != values.end())
        line["results"][task_id] = found->second;
    }
  }
  return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

RunWaiters::~RunWaiters() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  for (const Waiting& one : waiting_) one.wait.writer.close();
}

void RunWaiters::add(Wait wait) {
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() >= kMaxWaiters) {
      throw Error(ErrorCode::kUnavailable, "too many clients wait for runs: try again later");
    }
    const int64_t next_ms = steady_ms() + wait.interval_ms;
    waiting_.push_back({std::move(wait), next_ms});
    if (!thread_.joinable()) thread_ = std::thread([this] { run(); });
  }
  wake_.notify_all();
}

std::vector<RunWaiters::Waiting> RunWaiters::take_due(int64_t now_ms) {
  const auto due = std::partition(waiting_.begin(), waiting_.end(),
                                  [&](const Waiting& one) { return one.next_ms > now_ms; });
  std::vector<Waiting> taken(std::make_move_iterator(due), std::make_move_iterator(waiting_.end()));
  waiting_.erase(due, waiting_.end());
  return taken;
}

void RunWaiters::run() {
  std::unique_ptr<dags::Services> project;
  std::unique_lock lock(mutex_);
  while (!is_ending_) {
    if (waiting_.empty()) {
      project.reset();
      wake_.wait(lock, [&] { return is_ending_ || !waiting_.empty(); });
      continue;
    }
    std::vector<Waiting> due = take_due(steady_ms());
    if (due.empty()) {
      int64_t next_ms = kNever;
      for (const Waiting& one : waiting_) next_ms = std::min(next_ms, one.next_ms);
      wake_.wait_for(lock, std::chrono::milliseconds(next_ms - steady_ms()));
      continue;
    }
    lock.unlock();
    try {
      if (!project) project = open_project_();
      workflow::Store store(project->metadata_for_writing());
      std::erase_if(due, [&](Waiting& one) { return !tell(store, one.wait); });
    } catch (const std::exception&) {  // the stream's end without a last state says it
      for (const Waiting& one : due) one.wait.writer.close();
      due.clear();
      project.reset();
    }
    lock.lock();
    for (Waiting& one : due) {
      one.next_ms = steady_ms() + one.wait.interval_ms;
      waiting_.push_back(std::move(one));
    }
  }
}

}  // namespace tidemill::server::airflow
