#include "workflow/chaos/airflow_rules.h"

#include <algorithm>
#include <functional>

#include "base/random.h"

namespace tidemill::workflow::chaos {
namespace {

struct Tally {
  int upstream = 0, success = 0, skipped = 0, failed = 0, upstream_failed = 0, done = 0;
};

Tally tally_of(const std::vector<std::optional<TaskState>>& states) {
  const auto count = [&](TaskState wanted) {
    return static_cast<int>(std::count(states.begin(), states.end(), std::optional(wanted)));
  };
  Tally t;
  t.upstream = static_cast<int>(states.size());
  t.success = count(TaskState::kSuccess);
  t.skipped = count(TaskState::kSkipped);
  t.failed = count(TaskState::kFailed);
  t.upstream_failed = count(TaskState::kUpstreamFailed);
  t.done = t.success + t.skipped + t.failed + t.upstream_failed;
  return t;
}

// The first pass: flag_upstream_failed.
Decision flagged(TriggerRule rule, const Tally& t) {
  const bool all_done = t.done >= t.upstream;
  const bool any_failed = t.upstream_failed != 0 || t.failed != 0;
  const auto skip_if = [](bool condition) { return condition ? Decision::kSkipped : Decision::kWait; };
  switch (rule) {
    case TriggerRule::kAllSuccess:
      return any_failed ? Decision::kUpstreamFailed : skip_if(t.skipped != 0);
    case TriggerRule::kAllFailed:
      return skip_if(t.success != 0 || t.skipped != 0);
    case TriggerRule::kOneSuccess:
      if (all_done && t.done == t.skipped) return Decision::kSkipped;
      return all_done && t.success <= 0 ? Decision::kUpstreamFailed : Decision::kWait;
    case TriggerRule::kOneFailed:
      return skip_if(all_done && !any_failed);
    case TriggerRule::kOneDone:
      return skip_if(all_done && t.failed == 0 && t.success == 0);
    case TriggerRule::kNoneFailed:
      return any_failed ? Decision::kUpstreamFailed : Decision::kWait;
    case TriggerRule::kNoneFailedMinOneSuccess:
      return any_failed ? Decision::kUpstreamFailed : skip_if(t.skipped == t.upstream);
    case TriggerRule::kNoneSkipped:
      return skip_if(t.skipped != 0);
    case TriggerRule::kAllSkipped:
      return skip_if(t.success != 0 || any_failed);
    case TriggerRule::kAllDoneMinOneSuccess:
      if (t.skipped > 0) return Decision::kSkipped;
      return all_done && t.success == 0 ? Decision::kUpstreamFailed : Decision::kWait;
    default:
      return Decision::kWait;
  }
}

// The second pass: whether the rule is met.
bool is_met(TriggerRule rule, const Tally& t) {
  const bool all_done = t.done >= t.upstream;
  switch (rule) {
    case TriggerRule::kOneSuccess:
      return t.success > 0;
    case TriggerRule::kOneFailed:
      return t.failed != 0 || t.upstream_failed != 0;
    case TriggerRule::kOneDone:
      return t.success + t.failed > 0;
    case TriggerRule::kAllSuccess:
      return t.upstream - t.success <= 0;
    case TriggerRule::kAllFailed:
      return t.upstream - t.failed - t.upstream_failed <= 0;
    case TriggerRule::kNoneFailed:
    case TriggerRule::kNoneFailedMinOneSuccess:
      return t.upstream - t.success - t.skipped <= 0;
    case TriggerRule::kNoneSkipped:
      return all_done && t.skipped == 0;
    case TriggerRule::kAllSkipped:
      return t.upstream - t.skipped <= 0;
    case TriggerRule::kAllDoneMinOneSuccess:
      return t.skipped == 0 && all_done && t.success > 0;
    default:
      return all_done;
  }
}

}  // namespace

Decision decide(TriggerRule rule, const std::vector<std::optional<TaskState>>& upstream) {
  if (upstream.empty() || rule == TriggerRule::kAlways) return Decision::kRun;
  const Tally t = tally_of(upstream);
  const Decision first = flagged(rule, t);
  if (first != Decision::kWait) return first;
  return is_met(rule, t) ? Decision::kRun : Decision::kWait;
}

std::set<Decision> possible_decisions(TriggerRule rule, const std::vector<TaskState>& upstream,
                                      const std::vector<bool>& may_end) {
  std::set<Decision> possible;
  // Several may end between two looks, so any set of ended ones may be the first that is seen.
  for (uint32_t ended = 0; ended < (1U << upstream.size()); ++ended) {
    std::vector<std::optional<TaskState>> seen(upstream.size());
    bool is_possible = true;
    for (size_t i = 0; i < upstream.size(); ++i) {
      if ((ended >> i & 1U) == 0) continue;
      is_possible = is_possible && may_end[i];
      seen[i] = upstream[i];
    }
    if (!is_possible) continue;
    const Decision decision = decide(rule, seen);
    if (decision != Decision::kWait) possible.insert(decision);
    if (ended == 0 && decision != Decision::kWait) break;  // at once: nothing can come before
  }
  return possible;
}

Ending ending_of(uint64_t seed, const std::string& dag_id, const std::string& run_id,
                 const std::string& task_id, int try_number) {
  const std::string run = run_id.substr(0, run_id.starts_with("asset_") ? run_id.rfind('_') : run_id.npos);
  const uint64_t name = std::hash<std::string>()(dag_id + '/' + run + '/' + task_id);
  const uint64_t luck = counter_bits(seed, name, static_cast<uint64_t>(try_number)) % 100;
  if (luck < 58) return Ending::kSuccess;
  if (luck < 72) return Ending::kFail;
  if (luck < 78) return Ending::kDie;
  if (luck < 83) return Ending::kFailForGood;
  return luck < 92 ? Ending::kSkip : Ending::kShortCircuit;
}

}  // namespace tidemill::workflow::chaos
