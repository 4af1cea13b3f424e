#pragma once
// The guide's daily, weekly and monthly checklists as lights: from facts to what is shown. Pure; times are
// milliseconds since 1970 UTC.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/date.h"
#include "workflow/states.h"

namespace tidemill::server::pages {

enum class LightState {
  kGood,
  kUnderWay,   // being made now
  kAttention,  // not yet as it should be, nothing is broken
  kBad,
  kNeutral,  // nothing to judge, or for a person to judge
};

struct Light {
  LightState state = LightState::kNeutral;
  std::string name;    // the guide's words: "Data generation successful"
  std::string reason;  // why it is so, with the numbers
  std::string link;    // where to look
};

// Of one DAG.
struct PipelineFacts {
  bool is_paused = false;
  std::optional<workflow::RunState> newest_run{};
  std::optional<int64_t> next_run_ms{};  // nullopt: by hand, by data, or over
};

struct QualityFacts {
  Date date{};
  double score = 0;      // 0 to 100
  double threshold = 0;  // alert under it
  bool passed = false;   // false too when a rule of severity error failed
};

struct OverviewFacts {
  int64_t now_ms = 0;
  bool scheduler_is_alive = false;

  PipelineFacts generation{}, preparation{}, training{};
  // The last instant at which the schedule wanted a day's data; nullopt when data comes by hand only.
  std::optional<int64_t> due_ms{};
  bool was_known_when_due = true;  // false: the DAG is newer than that instant, which is no omission
  std::optional<workflow::RunState> due_run{};  // of that instant

  std::optional<Date> newest_day{};  // with raw data
  uint64_t newest_day_row_count = 0;
  std::optional<QualityFacts> quality{};  // of the newest day that was checked

  std::optional<std::string> latest_prepared_data{}, last_trained_data{};  // the Variables

  std::vector<double> test_rmse{};  // of the model's versions, the newest first; NaN where it is unknown
  int64_t newest_version = 0;       // 0: none
  std::optional<int64_t> production_version{};
  size_t feature_count = 0;
};

std::vector<Light> daily_lights(const OverviewFacts& facts);
std::vector<Light> weekly_lights(const OverviewFacts& facts, const std::string& model_link);
std::vector<Light> monthly_lights(const OverviewFacts& facts, const std::string& model_link);

// "good", "under way", "look", "bad", "note": never colour alone.
std::string_view word_of(LightState state);

}  // namespace tidemill::server::pages
