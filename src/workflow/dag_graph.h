#pragma once
// A DAG's tasks by number, in an order in which each comes after its upstream: for what walks over them
// often.

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "workflow/dag.h"

namespace tidemill::workflow {

class DagGraph {
 public:
  struct Node {
    const Task* task = nullptr;
    std::vector<size_t> upstream, downstream;  // direct ones
    int total_priority_weight = 1;             // with the weight rule applied: what the scheduler sorts by
  };

  // The DAG must be checked and outlive the graph. Cost: tasks * edges for the weights.
  explicit DagGraph(const Dag& dag);

  const Dag& dag() const { return *dag_; }
  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& operator[](size_t number) const { return nodes_[number]; }
  std::optional<size_t> find(std::string_view task_id) const;
  // Whether any task looks at the run before (depends_on_past, wait_for_downstream).
  bool looks_at_past() const { return looks_at_past_; }
  // All that can be reached along `next`, without `from` itself, in ascending order.
  std::vector<size_t> reachable(size_t from, std::vector<size_t> Node::*next) const;

 private:
  const Dag* dag_;
  std::vector<Node> nodes_;
  std::unordered_map<std::string_view, size_t> numbers_;
  bool looks_at_past_ = false;
};

}  // namespace tidemill::workflow
