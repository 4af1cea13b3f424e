#include "server/project_watcher.h"

#include <algorithm>
#include <chrono>
#include <map>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "server/airflow/wait_line.h"

namespace tidemill::server {
namespace {

constexpr int64_t kListenersPauseMs = 50, kWaitsPauseMs = 250;

int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

uintmax_t size_of(const std::filesystem::path& file) {
  std::error_code error;
  const uintmax_t bytes = file.empty() ? 0 : std::filesystem::file_size(file, error);
  return error ? 0 : bytes;
}

template <typename Item>
void append(std::vector<Item>& all, std::vector<Item>& more) {
  std::move(more.begin(), more.end(), std::back_inserter(all));
  more.clear();
}

}  // namespace

void ProjectWatcher::Subscribers::close() {
  for (const Listener& one : listeners) one.writer.close();
  for (const Waiting& one : waits) one.wait.writer.close();
  listeners.clear();
  waits.clear();
}

ProjectWatcher::~ProjectWatcher() {
  {
    const std::lock_guard lock(mutex_);
    is_ending_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  subscribers_.close();
  new_.close();
}

void ProjectWatcher::ensure_thread() {
  if (thread_.joinable()) return;
  try {
    thread_ = std::thread([this] { run(); });
  } catch (const std::system_error&) {
    throw Error(ErrorCode::kUnavailable, "no thread can be started to watch the project: try again later");
  }
}

void ProjectWatcher::follow(const net::StreamWriter& writer, const std::filesystem::path& log_file) {
  const uintmax_t log_bytes = size_of(log_file);
  {
    const std::lock_guard lock(mutex_);
    ensure_thread();
    new_.listeners.push_back({writer, log_file, log_bytes});
  }
  wake_.notify_all();
}

void ProjectWatcher::wait(Wait wait) {
  if (wait_count_->fetch_add(1) >= kMaxWaits) {
    wait_count_->fetch_sub(1);
    throw Error(ErrorCode::kUnavailable, "too many clients wait for runs: try again later");
  }
  const net::StreamWriter writer = wait.writer;
  try {
    const std::lock_guard lock(mutex_);
    ensure_thread();
    const int64_t next_ms = steady_ms() + wait.interval_ms;
    new_.waits.push_back({std::move(wait), next_ms});
  } catch (...) {
    wait_count_->fetch_sub(1);
    throw;
  }
  writer.on_close([count = wait_count_] { count->fetch_sub(1); });
  wake_.notify_all();
}

void ProjectWatcher::run() {
  while (take_new()) {
    try {
      look();
    } catch (const std::exception&) {  // told by what the clients ask for next
      subscribers_.close();
      project_.reset();
      number_ = std::nullopt;
    }
  }
}

bool ProjectWatcher::take_new() {
  if (subscribers_.empty()) {
    project_.reset();
    number_ = std::nullopt;
  }
  std::unique_lock lock(mutex_);
  const auto is_called = [&] { return is_ending_ || !new_.empty(); };
  if (subscribers_.empty()) {
    wake_.wait(lock, is_called);
  } else {
    wake_.wait_for(lock, std::chrono::milliseconds(pause_ms()), is_called);
  }
  if (subscribers_.listeners.empty()) told_ms_ = steady_ms();
  append(subscribers_.listeners, new_.listeners);
  append(subscribers_.waits, new_.waits);
  return !is_ending_;
}

int64_t ProjectWatcher::pause_ms() const {
  if (!subscribers_.listeners.empty()) return kListenersPauseMs;
  int64_t next_ms = steady_ms() + kWaitsPauseMs;
  for (const Waiting& one : subscribers_.waits) next_ms = std::min(next_ms, one.next_ms);
  return std::max<int64_t>(next_ms - steady_ms(), 0);
}

void ProjectWatcher::forget_gone() {
  std::erase_if(subscribers_.listeners, [](const Listener& one) { return !one.writer.is_open(); });
  std::erase_if(subscribers_.waits, [](const Waiting& one) { return !one.wait.writer.is_open(); });
}

void ProjectWatcher::look() {
  forget_gone();
  if (subscribers_.empty()) return;
  if (!project_) project_ = open_();
  const int64_t number = project_->change_number();
  const bool has_changed = number_ && *number_ != number;
  number_ = number;
  tell_listeners(has_changed);
  tell_waits(has_changed);
}

void ProjectWatcher::tell_listeners(bool has_changed) {
  const int64_t now_ms = steady_ms();
  const bool is_told = has_changed || now_ms - told_ms_ >= uncounted_ms_;
  if (is_told) told_ms_ = now_ms;
  std::map<std::filesystem::path, uintmax_t> sizes;
  for (Listener& one : subscribers_.listeners) {
    if (is_told) one.writer.write_latest("change", net::server_sent_event("", "change"));
    if (one.log_file.empty()) continue;
    const auto [place, is_first] = sizes.try_emplace(one.log_file);
    if (is_first) place->second = size_of(one.log_file);
    if (std::exchange(one.log_bytes, place->second) == place->second) continue;
    one.writer.write_latest("log", net::server_sent_event("", "log"));
  }
}

void ProjectWatcher::tell_waits(bool has_changed) {
  const int64_t now_ms = steady_ms();
  const auto is_due = [&](const Waiting& one) { return one.is_new || one.next_ms <= now_ms; };
  if (!has_changed && std::none_of(subscribers_.waits.begin(), subscribers_.waits.end(), is_due)) return;
  if (subscribers_.waits.empty()) return;
  const auto unfinished = project_->unfinished_runs();
  for (Waiting& one : subscribers_.waits) {
    one.is_new = false;
    const Wait& wait = one.wait;
    const auto found = unfinished.find({wait.dag_id, wait.run_id});
    if (found == unfinished.end()) {
      const auto line = project_->last_wait_line(wait.dag_id, wait.run_id, wait.result_task_ids);
      if (!line) continue;  // begun again since: the next look tells
      if (!line->empty()) wait.writer.write(*line);
      wait.writer.close();
    } else if (one.next_ms <= now_ms) {
      one.next_ms = now_ms + wait.interval_ms;
      wait.writer.write(airflow::wait_line(found->second));
    }
  }
  forget_gone();
}

}  // namespace tidemill::server
