#pragma once
// For tests: what may become of a task, written once more from Airflow's text and without the scheduler's
// code. Source: airflow.ti_deps.deps.trigger_rule_dep, both of its passes.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "workflow/dag.h"
#include "workflow/states.h"

namespace tidemill::workflow::chaos {

enum class Decision { kWait, kRun, kSkipped, kUpstreamFailed };

// States of the direct upstream tasks; nullopt: not ended yet.
Decision decide(TriggerRule rule, const std::vector<std::optional<TaskState>>& upstream);

// All decisions that may come first, whatever the order in which the upstream tasks end in these states;
// `may_end[i]`: whether the i-th may have ended by then at all.
std::set<Decision> possible_decisions(TriggerRule rule, const std::vector<TaskState>& upstream,
                                      const std::vector<bool>& may_end);

// What a try of a task comes to: a function of its name alone, so that a repeated try ends the same way, in
// runs that assets started too (the random end of their run id does not count).
enum class Ending { kSuccess, kSkip, kShortCircuit, kFail, kFailForGood, kDie };
Ending ending_of(uint64_t seed, const std::string& dag_id, const std::string& run_id,
                 const std::string& task_id, int try_number);

}  // namespace tidemill::workflow::chaos
