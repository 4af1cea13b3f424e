#include "workflow/run_evaluation.h"

#include <algorithm>

#include "workflow/trigger_rule.h"

namespace tidemill::workflow {
namespace {

class Evaluation {
 public:
  Evaluation(const DagGraph& graph, const std::vector<TaskStatus>& instances, int64_t now_ms,
             const PastAllows& past_allows, const Skipped& skipped)
      : graph_(graph),
        instances_(instances),
        now_ms_(now_ms),
        past_allows_(past_allows),
        skipped_(skipped),
        states_(graph.nodes().size()),
        places_(graph.nodes().size()) {}

  RunEvaluation run() {
    for (size_t place = 0; place < instances_.size(); ++place) {
      const TaskStatus& instance = instances_[place];
      if (const auto number = graph_.find(instance.task_id)) {
        places_[*number] = place;
        states_[*number] = instance.state == TaskState::kRemoved ? std::nullopt : instance.state;
      } else if (!instance.job_id && (!instance.state || !is_finished(*instance.state))) {
        out_.changes.push_back({place, TaskState::kRemoved});
      } else if (instance.job_id) {
        has_other_running_ = true;
      }
    }
    for (size_t number = 0; number < states_.size(); ++number) look_at(number);
    out_.ended = end_of_run();
    return std::move(out_);
  }

 private:
  void change(size_t number, TaskState state) {
    states_[number] = state;
    out_.changes.push_back({places_[number], state});
  }

  void look_at(size_t number) {
    const TaskStatus& instance = instances_[places_[number]];
    if (states_[number] == TaskState::kUpForRetry) {
      const int64_t at_ms = instance.next_retry_at_ms.value_or(0);
      if (at_ms <= now_ms_) return change(number, TaskState::kScheduled);
      out_.next_retry_at_ms = std::min(out_.next_retry_at_ms.value_or(at_ms), at_ms);
      return;
    }
    if (states_[number]) return;
    const DagGraph::Node& node = graph_[number];
    UpstreamCounts upstream;
    for (const size_t before : node.upstream) {
      upstream.add(states_[before]);
      if (states_[before] == TaskState::kSuccess && was_skipped_by(*graph_[before].task, *node.task)) {
        return change(number, TaskState::kSkipped);
      }
    }
    switch (judge(node.task->trigger_rule, upstream)) {
      case Verdict::kRun:
        if (past_allows_(*node.task)) change(number, TaskState::kScheduled);
        break;
      case Verdict::kSkip:
        change(number, TaskState::kSkipped);
        break;
      case Verdict::kUpstreamFailed:
        change(number, TaskState::kUpstreamFailed);
        break;
      case Verdict::kWait:
        break;
    }
  }

  bool was_skipped_by(const Task& before, const Task& task) const {
    if (skipped_.empty()) return false;
    const auto found = skipped_.find(before.id);
    return found != skipped_.end() && found->second.contains(task.id);
  }

  // Only leaves decide: what failed before one that ran all the same is no failure of the run.
  std::optional<RunState> end_of_run() const {
    if (has_other_running_) return std::nullopt;
    bool has_failed = false;
    for (size_t number = 0; number < states_.size(); ++number) {
      const std::optional<TaskState>& state = states_[number];
      if (!state || !is_finished(*state)) return std::nullopt;
      const bool failed = *state == TaskState::kFailed || *state == TaskState::kUpstreamFailed;
      if (failed && graph_[number].downstream.empty()) has_failed = true;
    }
    return has_failed ? RunState::kFailed : RunState::kSuccess;
  }

  const DagGraph& graph_;
  const std::vector<TaskStatus>& instances_;
  int64_t now_ms_;
  const PastAllows& past_allows_;
  const Skipped& skipped_;
  std::vector<std::optional<TaskState>> states_;  // by the graph's numbers
  std::vector<size_t> places_;
  bool has_other_running_ = false;
  RunEvaluation out_;
};

}  // namespace

RunEvaluation evaluate_run(const DagGraph& graph, const std::vector<TaskStatus>& instances, int64_t now_ms,
                           const PastAllows& past_allows, const Skipped& skipped) {
  return Evaluation(graph, instances, now_ms, past_allows, skipped).run();
}

}  // namespace tidemill::workflow
