#include "workflow/trigger_rule.h"

namespace tidemill::workflow {
namespace {

Verdict run_if(bool condition) {
  return condition ? Verdict::kRun : Verdict::kWait;
}

Verdict judge_successes(TriggerRule rule, const UpstreamCounts& up) {
  const bool has_failed = up.failed + up.upstream_failed > 0;
  const bool is_done = up.done() == up.total;
  switch (rule) {
    case TriggerRule::kAllSuccess:
      if (has_failed) return Verdict::kUpstreamFailed;
      return up.skipped > 0 ? Verdict::kSkip : run_if(up.success + up.removed == up.total);
    case TriggerRule::kOneSuccess:
      if (up.success > 0) return Verdict::kRun;
      if (!is_done) return Verdict::kWait;
      return up.skipped == up.total ? Verdict::kSkip : Verdict::kUpstreamFailed;
    case TriggerRule::kNoneFailed:
      if (has_failed) return Verdict::kUpstreamFailed;
      return run_if(is_done);
    case TriggerRule::kNoneFailedMinOneSuccess:
      if (has_failed) return Verdict::kUpstreamFailed;
      return is_done && up.skipped == up.total ? Verdict::kSkip : run_if(is_done);
    default:  // kAllDoneMinOneSuccess: what is skipped is not done
      if (up.skipped > 0) return Verdict::kSkip;
      if (!is_done) return Verdict::kWait;
      return up.success > 0 ? Verdict::kRun : Verdict::kUpstreamFailed;
  }
}

}  // namespace

void UpstreamCounts::add(std::optional<TaskState> state) {
  ++total;
  if (!state) return;
  switch (*state) {
    case TaskState::kSuccess:
      ++success;
      break;
    case TaskState::kSkipped:
      ++skipped;
      break;
    case TaskState::kFailed:
      ++failed;
      break;
    case TaskState::kUpstreamFailed:
      ++upstream_failed;
      break;
    case TaskState::kRemoved:
      ++removed;
      break;
    default:
      break;
  }
}

Verdict judge(TriggerRule rule, const UpstreamCounts& up) {
  if (up.total == 0 || rule == TriggerRule::kAlways) return Verdict::kRun;
  const size_t failed = up.failed + up.upstream_failed;
  const bool is_done = up.done() == up.total;
  switch (rule) {
    case TriggerRule::kAllFailed:
      return up.success + up.skipped > 0 ? Verdict::kSkip : run_if(failed + up.removed == up.total);
    case TriggerRule::kAllDone:
    case TriggerRule::kAllDoneSetupSuccess:
      return run_if(is_done);
    case TriggerRule::kOneFailed:
      if (failed > 0) return Verdict::kRun;
      return is_done ? Verdict::kSkip : Verdict::kWait;
    case TriggerRule::kOneDone:
      if (up.success + up.failed > 0) return Verdict::kRun;
      return is_done ? Verdict::kSkip : Verdict::kWait;
    case TriggerRule::kNoneSkipped:
      return up.skipped > 0 ? Verdict::kSkip : run_if(is_done);
    case TriggerRule::kAllSkipped:
      return up.success + failed > 0 ? Verdict::kSkip : run_if(up.skipped + up.removed == up.total);
    default:
      return judge_successes(rule, up);
  }
}

}  // namespace tidemill::workflow
