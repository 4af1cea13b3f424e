#include "dags/retention.h"

#include <chrono>
#include <filesystem>
#include <map>
#include <set>

#include "base/error.h"
#include "dags/pipelines.h"
#include "workflow/log_files.h"
#include "workflow/operations.h"
#include "workflow/retention.h"

namespace tidemill::dags {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kDayMs = 86'400'000;

std::optional<int64_t> cutoff(const std::optional<int>& days, int64_t now_ms) {
  return days ? std::optional(now_ms - *days * kDayMs) : std::nullopt;
}

int64_t changed_ms(const fs::path& file, std::error_code& failure) {
  const auto time = fs::last_write_time(file, failure);
  if (failure) return 0;
  const auto since = std::chrono::file_clock::to_sys(time).time_since_epoch();
  return std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
}

std::vector<fs::path> folders_in(const fs::path& folder, const std::string& prefix) {
  std::vector<fs::path> found;
  std::error_code failure;
  for (const auto& entry : fs::directory_iterator(folder, failure)) {
    const bool is_ours = entry.path().filename().string().starts_with(prefix);
    if (is_ours && entry.is_directory(failure) && !entry.is_symlink(failure)) found.push_back(entry.path());
  }
  return found;
}

// Tries' logs of a run; those that changed since `before_ms` stay.
void remove_logs(const fs::path& run_folder, int64_t before_ms, bool is_dry_run, Removed& removed) {
  for (const fs::path& task : folders_in(run_folder, "task_id=")) {
    std::error_code failure;
    for (const auto& entry : fs::directory_iterator(task, failure)) {
      const std::string name = entry.path().filename().string();
      const bool is_log = name.starts_with("attempt=") && name.ends_with(".log");
      if (!is_log || !entry.is_regular_file(failure) || entry.is_symlink(failure)) continue;
      const int64_t at_ms = changed_ms(entry.path(), failure);
      const uint64_t size = entry.file_size(failure);
      if (failure || at_ms >= before_ms) continue;
      if (!is_dry_run && !fs::remove(entry.path(), failure)) continue;
      ++removed.count;
      removed.bytes += static_cast<int64_t>(size);
    }
  }
}

// What is empty of a run that is gone. Of another run a task may be about to begin.
void remove_empty_folders(const fs::path& run_folder) {
  std::error_code ignored;
  for (const fs::path& task : folders_in(run_folder, "task_id=")) fs::remove(task, ignored);
  fs::remove(run_folder, ignored);
}

// Old logs of runs that are over, and of runs that nobody knows any more.
// `gone`: folders that have been counted with their runs.
Removed remove_old_logs(workflow::Store& store, const fs::path& log_dir, std::optional<int64_t> before_ms,
                        bool is_dry_run, const std::set<fs::path>& gone) {
  Removed removed{"task logs", 0, 0, before_ms, ""};
  if (!before_ms) return removed;
  std::map<fs::path, bool> is_over;  // by folder
  for (const workflow::DagRun& run : store.list_runs({}, {-1})) {
    is_over[workflow::run_log_folder(log_dir, run)] = is_finished(run.state);
  }
  for (const fs::path& dag : folders_in(log_dir, "dag_id=")) {
    for (const fs::path& folder : folders_in(dag, "run_id=")) {
      std::error_code failure;
      const auto known = is_over.find(folder);
      if ((known != is_over.end() && !known->second) || gone.contains(folder)) continue;
      const bool is_old = changed_ms(folder, failure) < *before_ms && !failure;
      remove_logs(folder, *before_ms, is_dry_run, removed);
      if (!is_dry_run && known == is_over.end() && is_old) remove_empty_folders(folder);
    }
  }
  return removed;
}

// The run goes first: whoever clears it meanwhile keeps its logs. Killed in between, the logs of a run that
// nobody knows are found by remove_old_logs.
Removed remove_old_runs(workflow::Store& store, const fs::path& log_dir, std::optional<int64_t> before_ms,
                        bool is_dry_run, std::set<fs::path>& gone) {
  Removed removed{"DAG runs", 0, 0, before_ms, ""};
  if (!before_ms) return removed;
  for (const workflow::DagRun& run : workflow::runs_to_forget(store, *before_ms)) {
    if (!is_dry_run && !workflow::forget_run(store, run)) continue;
    Removed logs;
    const fs::path folder = workflow::run_log_folder(log_dir, run);
    remove_logs(folder, INT64_MAX, is_dry_run, logs);
    removed.bytes += logs.bytes;
    if (!is_dry_run) remove_empty_folders(folder);
    gone.insert(folder);
    ++removed.count;
  }
  return removed;
}

// Needs to be alone. How many files there are is the stores' matter.
Removed sweep(Services& services, bool is_dry_run) {
  Removed removed{"staged leftovers", 0, 0, std::nullopt, ""};
  if (is_dry_run) {
    removed.note = "not looked at";
    return removed;
  }
  try {
    const auto lock = services.lock_for_writing(metadata::LockMode::kExclusive, 0, [](const std::string&) {});
    services.sweep();
    const std::vector<workflow::Dag> dags = project_dags(services.options());
    workflow::Operations(services.metadata_for_writing(), dags, services.clock(), {}).end_dead_tests();
    removed.note = "none are left";
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kConflict) throw;
    removed.note = "left alone: " + error.message();
  }
  return removed;
}

}  // namespace

std::vector<Removed> remove_old(Services& services, bool is_dry_run) {
  const RetentionOptions& keep = services.options().retention;
  const int64_t now_ms = services.clock().now_ms();
  // First: the databases are opened after the lock was asked for.
  const Removed swept = sweep(services, is_dry_run);
  metadata::Database& database = is_dry_run ? services.metadata() : services.metadata_for_writing();
  workflow::Store store(database);
  const fs::path log_dir = services.project_dir() / "logs";
  std::vector<Removed> all;
  std::set<fs::path> gone;
  all.push_back(remove_old_runs(store, log_dir, cutoff(keep.run_days, now_ms), is_dry_run, gone));
  all.push_back(remove_old_logs(store, log_dir, cutoff(keep.log_days, now_ms), is_dry_run, gone));
  const auto before_ms = cutoff(keep.event_days, now_ms);
  workflow::ForgottenEvents events;
  if (before_ms) events = workflow::forget_events(database, *before_ms, is_dry_run);
  all.push_back({"event log entries", events.log_entries, 0, before_ms, ""});
  all.push_back({"asset events", events.asset_events, 0, before_ms, ""});
  all.push_back({"ended schedulers", events.jobs, 0, before_ms, ""});
  all.push_back(swept);
  return all;
}

}  // namespace tidemill::dags
