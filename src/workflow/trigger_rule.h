#pragma once
// Whether a task may run, by the states of those it follows on.
// Source: airflow.ti_deps.deps.trigger_rule_dep.TriggerRuleDep.

#include <cstddef>

#include "workflow/states.h"

namespace tidemill::workflow {

struct UpstreamCounts {
  size_t total = 0;
  size_t success = 0, skipped = 0, failed = 0, upstream_failed = 0, removed = 0;

  size_t done() const { return success + skipped + failed + upstream_failed + removed; }
  void add(std::optional<TaskState> state);
};

enum class Verdict { kRun, kWait, kSkip, kUpstreamFailed };

// A verdict other than kWait does not change when more upstream tasks end, but for kRun of rules that need
// one.
Verdict judge(TriggerRule rule, const UpstreamCounts& upstream);

}  // namespace tidemill::workflow
