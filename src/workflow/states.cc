#include "workflow/states.h"

#include <array>
#include <utility>

namespace tidemill::workflow {
namespace {

template <typename Value, size_t kCount>
using Names = std::array<std::pair<Value, std::string_view>, kCount>;

constexpr Names<TaskState, 10> kTaskStates = {{{TaskState::kRemoved, "removed"},
                                               {TaskState::kScheduled, "scheduled"},
                                               {TaskState::kQueued, "queued"},
                                               {TaskState::kRunning, "running"},
                                               {TaskState::kSuccess, "success"},
                                               {TaskState::kRestarting, "restarting"},
                                               {TaskState::kFailed, "failed"},
                                               {TaskState::kUpForRetry, "up_for_retry"},
                                               {TaskState::kUpstreamFailed, "upstream_failed"},
                                               {TaskState::kSkipped, "skipped"}}};

constexpr Names<RunState, 4> kRunStates = {{{RunState::kQueued, "queued"},
                                            {RunState::kRunning, "running"},
                                            {RunState::kSuccess, "success"},
                                            {RunState::kFailed, "failed"}}};

constexpr Names<RunType, 5> kRunTypes = {{{RunType::kManual, "manual"},
                                          {RunType::kScheduled, "scheduled"},
                                          {RunType::kBackfill, "backfill"},
                                          {RunType::kAssetTriggered, "asset_triggered"},
                                          {RunType::kAssetMaterialization, "asset_materialization"}}};

constexpr Names<TriggeredBy, 7> kTriggeredBy = {{{TriggeredBy::kCli, "cli"},
                                                 {TriggeredBy::kRestApi, "rest_api"},
                                                 {TriggeredBy::kUi, "ui"},
                                                 {TriggeredBy::kTest, "test"},
                                                 {TriggeredBy::kTimetable, "timetable"},
                                                 {TriggeredBy::kAsset, "asset"},
                                                 {TriggeredBy::kBackfill, "backfill"}}};

constexpr Names<TriggerRule, 13> kTriggerRules = {
    {{TriggerRule::kAllSuccess, "all_success"},
     {TriggerRule::kAllFailed, "all_failed"},
     {TriggerRule::kAllDone, "all_done"},
     {TriggerRule::kAllDoneSetupSuccess, "all_done_setup_success"},
     {TriggerRule::kAllDoneMinOneSuccess, "all_done_min_one_success"},
     {TriggerRule::kOneSuccess, "one_success"},
     {TriggerRule::kOneFailed, "one_failed"},
     {TriggerRule::kOneDone, "one_done"},
     {TriggerRule::kNoneFailed, "none_failed"},
     {TriggerRule::kNoneSkipped, "none_skipped"},
     {TriggerRule::kNoneFailedMinOneSuccess, "none_failed_min_one_success"},
     {TriggerRule::kAllSkipped, "all_skipped"},
     {TriggerRule::kAlways, "always"}}};

constexpr Names<WeightRule, 3> kWeightRules = {{{WeightRule::kAbsolute, "absolute"},
                                                {WeightRule::kDownstream, "downstream"},
                                                {WeightRule::kUpstream, "upstream"}}};

constexpr Names<ReprocessBehavior, 3> kReprocessBehaviors = {{{ReprocessBehavior::kNone, "none"},
                                                              {ReprocessBehavior::kFailed, "failed"},
                                                              {ReprocessBehavior::kCompleted, "completed"}}};

template <typename Value, size_t kCount>
std::string_view find_name(const Names<Value, kCount>& names, Value value) {
  for (const auto& [one, name] : names) {
    if (one == value) return name;
  }
  return "";
}

template <typename Value, size_t kCount>
std::optional<Value> find_value(const Names<Value, kCount>& names, std::string_view name) {
  for (const auto& [value, one] : names) {
    if (one == name) return value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view name_of(TaskState state) {
  return find_name(kTaskStates, state);
}
std::string_view name_of(RunState state) {
  return find_name(kRunStates, state);
}
std::string_view name_of(RunType type) {
  return find_name(kRunTypes, type);
}
std::string_view name_of(TriggeredBy triggered_by) {
  return find_name(kTriggeredBy, triggered_by);
}
std::string_view name_of(TriggerRule rule) {
  return find_name(kTriggerRules, rule);
}
std::string_view name_of(WeightRule rule) {
  return find_name(kWeightRules, rule);
}
std::string_view name_of(ReprocessBehavior behavior) {
  return find_name(kReprocessBehaviors, behavior);
}

std::optional<TaskState> task_state_named(std::string_view name) {
  return find_value(kTaskStates, name);
}
std::optional<RunState> run_state_named(std::string_view name) {
  return find_value(kRunStates, name);
}
std::optional<RunType> run_type_named(std::string_view name) {
  return find_value(kRunTypes, name);
}
std::optional<TriggeredBy> triggered_by_named(std::string_view name) {
  return find_value(kTriggeredBy, name);
}
std::optional<ReprocessBehavior> reprocess_behavior_named(std::string_view name) {
  return find_value(kReprocessBehaviors, name);
}

bool is_finished(TaskState state) {
  switch (state) {
    case TaskState::kSuccess:
    case TaskState::kFailed:
    case TaskState::kSkipped:
    case TaskState::kUpstreamFailed:
    case TaskState::kRemoved:
      return true;
    default:
      return false;
  }
}

bool is_finished(RunState state) {
  return state == RunState::kSuccess || state == RunState::kFailed;
}

}  // namespace tidemill::workflow
