// Who is alive, over each database, and what becomes of a scheduler that was taken for dead.

#include "workflow/scheduler/liveness.h"

#include "metadata/database_conformance.h"
#include "workflow/testing/world.h"

namespace tidemill::workflow {
namespace {

using testing::dag;
using testing::MemoryExecutor;
using testing::MemoryLiveness;
using testing::task;

class LivenessOverEach : public metadata::EachDatabase {
 protected:
  LivenessOverEach()
      : folder_(std::filesystem::path(::testing::TempDir()) /
                ("tidemill_liveness_" + std::to_string(getpid()))) {
    std::filesystem::remove_all(folder_);
  }
  ~LivenessOverEach() override { std::filesystem::remove_all(folder_); }
  std::unique_ptr<Liveness> make(metadata::Database& database) {
    // Without patience: the tests' server may have been started just now.
    if (database.is_on_a_server()) return std::make_unique<SessionLiveness>(database, 0);
    return make_liveness(database, folder_);
  }

  std::filesystem::path folder_;
};

TEST_P(LivenessOverEach, EndsWithItsHolder) {
  const auto asking = make(*database_);
  EXPECT_FALSE(asking->is_alive(7));
  {
    const auto connection = open();
    const auto holding = make(*connection);
    holding->hold(7);
    holding->hold(7);
    EXPECT_TRUE(asking->is_alive(7));
    EXPECT_TRUE(holding->is_alive(7));
    EXPECT_FALSE(asking->is_alive(8));
    EXPECT_THROW(asking->hold(7), Error);
  }
  for (int i = 0; i < 500 && asking->is_alive(7); ++i) usleep(10'000);  // a server sees it a moment later
  EXPECT_FALSE(asking->is_alive(7));
}

TEST_P(LivenessOverEach, EndsWhenReleased) {
  const auto asking = make(*database_);
  const auto connection = open();
  const auto holding = make(*connection);
  holding->hold(7);
  holding->hold(7);
  holding->release(7);
  EXPECT_FALSE(asking->is_alive(7));
  holding->release(7);
}

// Its lock is lost, as when a server was restarted, and another one takes over before it has seen that.
TEST_P(LivenessOverEach, ASchedulerThatWasTakenForDeadWritesNothingMore) {
  metadata::migrate(*database_, metadata::project_migrations());
  const std::vector<Dag> dags = {dag("d", {task("a"), task("b")})};
  FakeClock clock(testing::kStartMs);
  MemoryLiveness liveness;
  NoCallbacks callbacks;
  MemoryExecutor executor(clock, 8), other_executor(clock, 8);
  const auto connection = open();
  Scheduler scheduler(*database_, dags, executor, clock, {}, callbacks, liveness);
  Scheduler other(*connection, dags, other_executor, clock, {}, callbacks, liveness);
  scheduler.tick();
  Operations operations(*database_, dags, clock, Actor());
  const DagRun first = operations.trigger("d", {});
  scheduler.wake();
  scheduler.tick();
  EXPECT_EQ(executor.running().size(), 2u);
  liveness.alive.clear();
  other.tick();
  EXPECT_EQ(other_executor.running().size(), 2u);
  clock.advance_ms(1);
  operations.trigger("d", {});
  executor.ends_cancelled = false;
  scheduler.wake();
  EXPECT_EQ(metadata::code_of([&] { scheduler.tick(); }), ErrorCode::kConflict);
  EXPECT_EQ(executor.cancelled.size(), 2u);
  EXPECT_EQ(executor.launches.size(), 2u);
  EXPECT_EQ(metadata::code_of([&] { scheduler.tick(); }), ErrorCode::kConflict);
  other.tick();
  EXPECT_EQ(other_executor.running().size(), 4u);
  Store store(*database_);
  EXPECT_EQ(store.find_task_instance(TaskKey{"d", first.run_id, "a"})->try_number, 1);
}

INSTANTIATE_TEST_SUITE_P(Backends, LivenessOverEach, ::testing::ValuesIn(metadata::tested_databases()),
                         metadata::database_name);

}  // namespace
}  // namespace tidemill::workflow
