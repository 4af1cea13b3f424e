// Whatever goes wrong, what comes out is what Airflow's rules say: over real connections, one for each
// scheduler, servers too.
//
// TIDEMILL_CHAOS_CASES: how many seeds (200, over a server 10), TIDEMILL_CHAOS_SEED: the first of them. A
// failure names its seed; TIDEMILL_CHAOS_SEED=it TIDEMILL_CHAOS_CASES=1 repeats it.

#include <cstdlib>
#include <filesystem>
#include <iostream>

#include <gtest/gtest.h>

#include "metadata/database_conformance.h"
#include "workflow/chaos/airflow_rules.h"
#include "workflow/chaos/simulation.h"
#include "workflow/trigger_rule.h"

namespace tidemill::workflow::chaos {
namespace {

uint64_t number_from_environment(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): no other thread
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

Decision as_decision(Verdict verdict) {
  switch (verdict) {
    case Verdict::kRun:
      return Decision::kRun;
    case Verdict::kSkip:
      return Decision::kSkipped;
    case Verdict::kUpstreamFailed:
      return Decision::kUpstreamFailed;
    default:
      return Decision::kWait;
  }
}

// Every rule with every combination of states of up to four upstream tasks.
TEST(Chaos, RulesAreAirflows) {
  const std::vector<std::optional<TaskState>> states = {
      std::nullopt,       TaskState::kSuccess,        TaskState::kSkipped,
      TaskState::kFailed, TaskState::kUpstreamFailed, TaskState::kRunning};
  for (int rule = 0; rule <= static_cast<int>(TriggerRule::kAlways); ++rule) {
    for (size_t count = 0; count <= 4; ++count) {
      size_t combinations = 1;
      for (size_t i = 0; i < count; ++i) combinations *= states.size();
      for (size_t combination = 0; combination < combinations; ++combination) {
        std::vector<std::optional<TaskState>> upstream;
        UpstreamCounts counts;
        std::string names;
        for (size_t i = 0, rest = combination; i < count; ++i, rest /= states.size()) {
          const auto& state = states[rest % states.size()];
          upstream.push_back(state);
          counts.add(state);
          names += state ? std::string(name_of(*state)) + " " : "none ";
        }
        const auto one = static_cast<TriggerRule>(rule);
        ASSERT_EQ(as_decision(judge(one, counts)), decide(one, upstream)) << name_of(one) << ": " << names;
      }
    }
  }
}

class ChaosOver : public ::testing::TestWithParam<metadata::DatabaseBackend> {};

TEST_P(ChaosOver, EverythingEndsAsAirflowsRulesSay) {
  const bool is_on_server = GetParam().name != "sqlite";
  const uint64_t cases = number_from_environment("TIDEMILL_CHAOS_CASES", is_on_server ? 10 : 200);
  const uint64_t first = number_from_environment("TIDEMILL_CHAOS_SEED", 1);
  SimulationCounts all;
  for (uint64_t seed = first; seed < first + cases; ++seed) {
    const auto place = GetParam().make();
    Simulation simulation(seed, [&] {
      auto database = metadata::open_database(place->uri(), "");
      // Power does not fail here, and a few thousand commits are to be quick.
      if (!is_on_server) database->execute("PRAGMA synchronous = OFF");
      return database;
    });
    const std::string problem = simulation.run();
    ASSERT_TRUE(problem.empty()) << problem;
    const SimulationCounts& counts = simulation.counts();
    all.ticks += counts.ticks;
    all.crashes += counts.crashes;
    all.errors += counts.errors;
    all.launches += counts.launches;
    all.clears += counts.clears;
    all.marks += counts.marks;
  }
  std::cout << "seeds " << first << " to " << first + cases - 1 << ": " << all.ticks << " ticks, "
            << all.launches << " launches, " << all.crashes << " crashes, " << all.errors << " errors, "
            << all.clears << " clears, " << all.marks << " marks\n";
}

INSTANTIATE_TEST_SUITE_P(Backends, ChaosOver, ::testing::ValuesIn(metadata::tested_databases()),
                         metadata::database_name);

}  // namespace
}  // namespace tidemill::workflow::chaos
