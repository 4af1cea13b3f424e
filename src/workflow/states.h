#pragma once
// Airflow 3's words for what runs and tasks are and why (airflow.utils.state, airflow.utils.types,
// airflow.task.trigger_rule). The names are what databases, commands and the REST API hold.

#include <optional>
#include <string_view>

namespace tidemill::workflow {

// No state (nullopt in records): not looked at yet.
enum class TaskState {
  kRemoved,  // the DAG has no such task any more
  kScheduled,
  kQueued,
  kRunning,
  kSuccess,
  kRestarting,  // cleared while running: being ended, then runs again
  kFailed,
  kUpForRetry,
  kUpstreamFailed,
  kSkipped,
};

enum class RunState { kQueued, kRunning, kSuccess, kFailed };

enum class RunType { kManual, kScheduled, kBackfill, kAssetTriggered, kAssetMaterialization };

enum class TriggeredBy { kCli, kRestApi, kUi, kTest, kTimetable, kAsset, kBackfill };

enum class TriggerRule {
  kAllSuccess,
  kAllFailed,
  kAllDone,
  kAllDoneSetupSuccess,  // as kAllDone: there are no setup tasks here
  kAllDoneMinOneSuccess,
  kOneSuccess,
  kOneFailed,
  kOneDone,
  kNoneFailed,
  kNoneSkipped,
  kNoneFailedMinOneSuccess,
  kAllSkipped,
  kAlways,
};

// What a backfill does with days that have a run already.
enum class ReprocessBehavior { kNone, kFailed, kCompleted };

enum class WeightRule { kAbsolute, kDownstream, kUpstream };

std::string_view name_of(TaskState state);
std::string_view name_of(RunState state);
std::string_view name_of(RunType type);
std::string_view name_of(TriggeredBy triggered_by);
std::string_view name_of(TriggerRule rule);
std::string_view name_of(WeightRule rule);
std::string_view name_of(ReprocessBehavior behavior);

// nullopt for a text that is none of the names.
std::optional<TaskState> task_state_named(std::string_view name);
std::optional<RunState> run_state_named(std::string_view name);
std::optional<RunType> run_type_named(std::string_view name);
std::optional<TriggeredBy> triggered_by_named(std::string_view name);
std::optional<ReprocessBehavior> reprocess_behavior_named(std::string_view name);

// Success, failed, skipped, upstream_failed, removed.
bool is_finished(TaskState state);
bool is_finished(RunState state);

}  // namespace tidemill::workflow
