#include "workflow/dag_graph.h"

#include <algorithm>

namespace tidemill::workflow {

DagGraph::DagGraph(const Dag& dag) : dag_(&dag) {
  for (const Task* task : topological_order(dag)) {
    numbers_.emplace(task->id, nodes_.size());
    nodes_.push_back({task, {}, {}, 1});
    looks_at_past_ = looks_at_past_ || task->depends_on_past || task->wait_for_downstream;
  }
  for (size_t number = 0; number < nodes_.size(); ++number) {
    std::vector<size_t>& upstream = nodes_[number].upstream;
    for (const std::string& id : nodes_[number].task->upstream) upstream.push_back(numbers_.at(id));
    std::sort(upstream.begin(), upstream.end());
    upstream.erase(std::unique(upstream.begin(), upstream.end()), upstream.end());
    for (const size_t before : upstream) nodes_[before].downstream.push_back(number);
  }
  for (size_t number = 0; number < nodes_.size(); ++number) {
    Node& node = nodes_[number];
    node.total_priority_weight = node.task->priority_weight;
    if (node.task->weight_rule == WeightRule::kAbsolute) continue;
    const auto next = node.task->weight_rule == WeightRule::kDownstream ? &Node::downstream : &Node::upstream;
    for (const size_t other : reachable(number, next)) {
      node.total_priority_weight += nodes_[other].task->priority_weight;
    }
  }
}

std::optional<size_t> DagGraph::find(std::string_view task_id) const {
  const auto found = numbers_.find(task_id);
  if (found == numbers_.end()) return std::nullopt;
  return found->second;
}

std::vector<size_t> DagGraph::reachable(size_t from, std::vector<size_t> Node::*next) const {
  std::vector<bool> seen(nodes_.size());
  std::vector<size_t> open = nodes_[from].*next, found;
  while (!open.empty()) {
    const size_t number = open.back();
    open.pop_back();
    if (seen[number]) continue;
    seen[number] = true;
    found.push_back(number);
    open.insert(open.end(), (nodes_[number].*next).begin(), (nodes_[number].*next).end());
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace tidemill::workflow
