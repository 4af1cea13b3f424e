// The scheduler over each database.

#include "metadata/database_conformance.h"
#include "workflow/testing/world.h"

namespace tidemill::workflow {
namespace {

using testing::dag;
using testing::task;
using testing::webhook;
using testing::World;

class SchedulerOverEach : public metadata::EachDatabase {
 protected:
  SchedulerOverEach() { metadata::migrate(*database_, metadata::project_migrations()); }
};

TEST_P(SchedulerOverEach, RunsRetriesAssetsPoolsAndRestarts) {
  Dag producer = dag("producer", {task("a"), task("b", {"a"})}, "@daily");
  producer.tasks[0].retries = 1;
  producer.tasks[0].retry_delay_s = 10;
  producer.tasks[1].outlets = {"rows"};
  producer.tasks[1].pool = "gpu";
  producer.tasks[1].depends_on_past = true;
  producer.deadlines = {{DeadlineAlert::Reference::kQueuedAt, 5000, {webhook("https://example.org/")}}};
  Dag consumer = dag("consumer", {task("use")});
  consumer.schedule_assets = {"rows"};
  World world({producer, consumer}, {}, open());
  world.operations.set_pool(testing::pool("gpu", 1));
  world.reports["a#1"].outcome = TaskReport::Outcome::kFailed;
  world.held = {"b"};
  const DagRun run = world.trigger("producer");
  EXPECT_EQ(world.state(run, "a"), "up_for_retry");
  world.advance(10'000);
  EXPECT_EQ(world.state(run, "b"), "running");
  EXPECT_EQ(world.callbacks.calls.size(), 1u);
  world.held.clear();
  world.restart();
  world.tick();
  EXPECT_EQ(world.states(run), "a=success b=success -> success");
  ASSERT_EQ(world.runs("consumer").size(), 1u);
  EXPECT_EQ(world.runs("consumer")[0].state, RunState::kSuccess);
  world.operations.clear("producer", run.run_id, {});
  world.advance(20'000);
  EXPECT_EQ(world.states(run), "a=success b=success -> success");
  EXPECT_EQ(world.runs("consumer").size(), 2u);
}

TEST_P(SchedulerOverEach, SchedulersSeeEachOthersChangesButNoHeartbeats) {
  const std::vector<Dag> dags = {dag("d", {task("a")}, "@daily")};
  World world(dags, {}, open());
  testing::MemoryExecutor executor(world.clock, 8);
  testing::MemoryCallbacks callbacks;
  auto database = open();
  Scheduler other(*database, dags, executor, world.clock, {}, callbacks, world.liveness);
  for (int round = 0; round < 3; ++round) {
    world.scheduler->tick();
    other.tick();
  }
  const int64_t before = metadata::change_number(*database_);
  const int64_t heartbeat_ms = Store(*database_).running_jobs().at(0).latest_heartbeat_ms;
  for (int round = 0; round < 5; ++round) {
    world.clock.advance_ms(5000);
    world.scheduler->tick();
    other.tick();
  }
  EXPECT_EQ(metadata::change_number(*database_), before);
  EXPECT_EQ(Store(*database_).running_jobs().at(0).latest_heartbeat_ms, heartbeat_ms + 25'000);
  const DagRun run = Operations(*database_, dags, world.clock, Actor()).trigger("d", {});
  other.tick();  // nobody wakes it
  EXPECT_EQ(executor.launches.size(), 1u);
  executor.end(executor.running().begin()->first, {});
  other.tick();
  EXPECT_EQ(world.states(run), "a=success -> success");
}

INSTANTIATE_TEST_SUITE_P(Backends, SchedulerOverEach, ::testing::ValuesIn(metadata::tested_databases()),
                         metadata::database_name);

}  // namespace
}  // namespace tidemill::workflow
