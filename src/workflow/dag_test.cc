#include "workflow/dag.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "workflow/dag_graph.h"
#include "workflow/testing/world.h"

namespace tidemill::workflow {
namespace {

using testing::dag;
using testing::task;

std::string refusal_of(const Dag& refused) {
  try {
    check(refused);
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    return error.message();
  }
  return "";
}

TEST(Dag, RefusesWhatCannotRun) {
  EXPECT_EQ(refusal_of(dag("d", {task("a"), task("b", {"a"})}, "@daily")), "");
  EXPECT_EQ(refusal_of(dag("d", {task("a", {"c"}), task("b", {"a"}), task("c", {"b"})})),
            "DAG 'd': its tasks go round in a cycle: a -> b -> c -> a");
  EXPECT_EQ(refusal_of(dag("d", {task("a"), task("a")})), "DAG 'd': there are two tasks 'a'");
  EXPECT_EQ(refusal_of(dag("d", {task("a", {"x"})})),
            "DAG 'd': task 'a' follows on 'x', which does not exist");
  EXPECT_NE(refusal_of(dag("no spaces", {})), "");
  EXPECT_NE(refusal_of(dag("d", {}, "at noon")), "");
  Dag lost = dag("d", {});
  lost.time_zone = "Europe/Nowhere";
  EXPECT_NE(refusal_of(lost), "");
}

TEST(DagGraph, NumbersTasksAfterTheirUpstream) {
  const Dag one = dag("d", {task("c", {"b", "a"}), task("b"), task("a"), task("d", {"c", "c"})});
  const DagGraph graph(one);
  std::string order;
  for (const DagGraph::Node& node : graph.nodes()) order += node.task->id;
  EXPECT_EQ(order, "abcd");
  EXPECT_EQ(graph[3].upstream, std::vector<size_t>{2});
  EXPECT_EQ(graph.reachable(0, &DagGraph::Node::downstream), (std::vector<size_t>{2, 3}));
  EXPECT_EQ(graph.reachable(3, &DagGraph::Node::upstream), (std::vector<size_t>{0, 1, 2}));
}

TEST(DagGraph, WeighsByRule) {
  Dag one = dag("d", {task("a"), task("b", {"a"}), task("c", {"b"})});
  one.tasks[2].priority_weight = 5;
  one.tasks[1].weight_rule = WeightRule::kUpstream;
  one.tasks[2].weight_rule = WeightRule::kAbsolute;
  const DagGraph graph(one);
  EXPECT_EQ(graph[0].total_priority_weight, 7);  // all that follows
  EXPECT_EQ(graph[1].total_priority_weight, 2);
  EXPECT_EQ(graph[2].total_priority_weight, 5);
}

}  // namespace
}  // namespace tidemill::workflow
