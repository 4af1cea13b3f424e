#include "workflow/chaos/random_dags.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/format.h>

namespace tidemill::workflow::chaos {
namespace {

constexpr std::array kRules = {
    TriggerRule::kAllSuccess,
    TriggerRule::kAllFailed,
    TriggerRule::kAllDone,
    TriggerRule::kAllDoneMinOneSuccess,
    TriggerRule::kOneSuccess,
    TriggerRule::kOneFailed,
    TriggerRule::kOneDone,
    TriggerRule::kNoneFailed,
    TriggerRule::kNoneSkipped,
    TriggerRule::kNoneFailedMinOneSuccess,
    TriggerRule::kAllSkipped,
    TriggerRule::kAlways,
    TriggerRule::kAllDoneSetupSuccess,
};

bool happens(RandomSequence& random, uint32_t percent) {
  return random.next_below(100) < percent;
}

Task random_task(RandomSequence& random, uint32_t number, bool looks_at_past) {
  Task task;
  task.id = fmt::format("t{}", number);
  for (uint32_t i = 0, wanted = random.next_below(4); number > 0 && i < wanted; ++i) {
    const std::string upstream = fmt::format("t{}", random.next_below(number));
    if (std::find(task.upstream.begin(), task.upstream.end(), upstream) == task.upstream.end()) {
      task.upstream.push_back(upstream);
    }
  }
  if (happens(random, 55)) task.trigger_rule = kRules.at(random.next_below(kRules.size()));
  task.retries = happens(random, 50) ? static_cast<int>(random.next_below(4)) : 0;
  task.retry_delay_s = happens(random, 40) ? 0 : 1 + random.next_below(200);
  if (happens(random, 20)) task.retry_exponential_backoff = 2;
  const PoolSize& pool = kPools[random.next_below(std::size(kPools))];
  task.pool = pool.name;
  task.pool_slots = 1 + static_cast<int>(random.next_below(static_cast<uint32_t>(std::min(pool.slots, 3))));
  task.priority_weight = 1 + static_cast<int>(random.next_below(5));
  task.weight_rule = static_cast<WeightRule>(random.next_below(3));
  task.depends_on_past = looks_at_past && happens(random, 40);
  task.wait_for_downstream = looks_at_past && happens(random, 15);
  task.ignore_downstream_trigger_rules = happens(random, 60);
  if (happens(random, 30)) task.on_failure.emplace_back().url = "hears of it";
  return task;
}

Dag random_dag(RandomSequence& random, std::string id) {
  Dag dag;
  dag.id = std::move(id);
  const bool looks_at_past = happens(random, 35);
  const uint32_t task_count = 1 + random.next_below(8);
  for (uint32_t i = 0; i < task_count; ++i) dag.tasks.push_back(random_task(random, i, looks_at_past));
  dag.max_active_runs = 1 + static_cast<int>(random.next_below(3));
  dag.max_active_tasks = 1 + static_cast<int>(random.next_below(4));
  if (happens(random, 30)) dag.on_success.emplace_back().url = "hears of it";
  return dag;
}

}  // namespace

Circumstances random_circumstances(RandomSequence& random) {
  Circumstances c;
  c.has_crashes = happens(random, 50);
  c.has_errors = happens(random, 30);
  c.has_refusals = happens(random, 20);
  c.has_clears = happens(random, 30);
  c.has_marks = happens(random, 10);
  c.has_pauses = happens(random, 20);
  c.has_clock_jumps = happens(random, 20);
  c.scheduler_count = happens(random, 15) ? 2 : 1;
  return c;
}

std::vector<Dag> random_dags(RandomSequence& random) {
  std::vector<Dag> dags = {random_dag(random, "by_cron")};
  dags[0].schedule = "*/10 * * * *";
  dags[0].catchup = true;
  dags[0].start_date_ms = kStartMs;
  dags[0].end_date_ms = kStartMs + (1 + random.next_below(4)) * kIntervalMs;
  if (happens(random, 50)) {
    dags[0].tasks[random.next_below(static_cast<uint32_t>(dags[0].tasks.size()))].outlets = {kAsset};
    dags.push_back(random_dag(random, "by_asset"));
    dags.back().schedule_assets = {kAsset};
  }
  if (happens(random, 50)) dags.push_back(random_dag(random, "by_hand"));
  for (const Dag& dag : dags) check(dag);
  return dags;
}

}  // namespace tidemill::workflow::chaos
