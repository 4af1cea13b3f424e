#pragma once
// For tests: DAGs of all kinds, the same for a seed.

#include <string>
#include <vector>

#include "base/random.h"
#include "workflow/dag.h"
#include "workflow/testing/world.h"

namespace tidemill::workflow::testing {

inline Task random_task(RandomSequence& random, const std::vector<Task>& before) {
  const auto below = [&](int bound) {
    return static_cast<int>(random.next_below(static_cast<uint32_t>(bound)));
  };
  Task made;
  made.id = "t" + std::to_string(before.size());
  for (const Task& task : before) {
    if (made.upstream.size() < 3 && below(100) < 45) made.upstream.push_back(task.id);
  }
  if (below(100) < 45) made.trigger_rule = static_cast<TriggerRule>(below(12));
  made.retries = below(3);
  made.retry_delay_s = 1 + below(60);
  made.depends_on_past = below(100) < 8;
  made.wait_for_downstream = below(100) < 4;
  made.ignore_downstream_trigger_rules = below(100) < 70;
  const int place = below(100);
  if (place < 20) made.pool = "one";
  if (place >= 20 && place < 50) {
    made.pool = "two";
    made.pool_slots = 1 + below(2);
  }
  made.priority_weight = 1 + below(3);
  if (below(100) < 20) made.outlets = {"data"};
  if (below(100) < 10) made.on_failure = {webhook("https://example.org/")};
  return made;
}

inline std::vector<Dag> random_dags(uint64_t seed) {
  RandomSequence random(derive_seed(seed, 2));
  const auto below = [&](int bound) {
    return static_cast<int>(random.next_below(static_cast<uint32_t>(bound)));
  };
  std::vector<Dag> dags;
  const int dag_count = 1 + below(3);
  for (int i = 0; i < dag_count; ++i) {
    Dag made;
    made.id = "d" + std::to_string(i);
    const int task_count = 1 + below(6);
    for (int t = 0; t < task_count; ++t) made.tasks.push_back(random_task(random, made.tasks));
    made.max_active_runs = 1 + below(3);
    made.max_active_tasks = 1 + below(4);
    if (i == 0) made.schedule = "@hourly";
    if (i == 0) made.start_date_ms = kStartMs;
    made.catchup = true;
    if (i == 2) made.schedule_assets = {"data"};
    if (i == 2) {  // or it would start itself for ever
      for (Task& task : made.tasks) task.outlets.clear();
    }
    dags.push_back(std::move(made));
  }
  return dags;
}

}  // namespace tidemill::workflow::testing
