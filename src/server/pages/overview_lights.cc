#include "server/pages/overview_lights.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "server/pages/figures.h"

namespace tidemill::server::pages {
namespace {

constexpr int64_t kDayMs = 86'400'000;
constexpr size_t kEarlierVersions = 5;  // that the newest is held against
// Test sets grow from day to day, so that a metric moves a little without anything being wrong.
constexpr double kStableShare = 0.05;
constexpr double kBadShare = 0.20;

Date day_of(int64_t ms) {
  return Date::from_days(static_cast<int32_t>(ms / kDayMs));
}

// "2026-11-02 06:00 UTC"
std::string minute_of(int64_t ms) {
  const std::string text = format_utc_ms(ms);
  return fmt::format("{} {} UTC", text.substr(0, 10), text.substr(11, 5));
}

bool is_active(const std::optional<workflow::RunState>& run) {
  return run == workflow::RunState::kQueued || run == workflow::RunState::kRunning;
}

std::string newest_data(const OverviewFacts& facts) {
  if (!facts.newest_day) return "there is no data yet";
  return fmt::format("the newest is of {}, {} rows", facts.newest_day->to_string(),
                     count_text(facts.newest_day_row_count));
}

// Why nothing comes: what a person can change.
std::string what_holds_it_up(const PipelineFacts& pipeline, bool scheduler_is_alive) {
  if (pipeline.is_paused) return ": the DAG is paused";
  if (!scheduler_is_alive) return ": no scheduler is running";
  return "";
}

Light generation_light(const OverviewFacts& facts) {
  Light light{LightState::kNeutral, "Data generation successful", "", "/dags/01_data_generation_pipeline"};
  if (!facts.due_ms) {
    light.reason = "data comes by hand only; " + newest_data(facts);
    return light;
  }
  const Date due = day_of(*facts.due_ms);
  if (facts.newest_day && *facts.newest_day >= due) {
    light.state = LightState::kGood;
    light.reason = fmt::format("data of {} has arrived, {} rows", facts.newest_day->to_string(),
                               count_text(facts.newest_day_row_count));
  } else if (is_active(facts.due_run)) {
    light.state = LightState::kUnderWay;
    light.reason = fmt::format("data of {} is being made", due.to_string());
  } else if (facts.due_run == workflow::RunState::kFailed) {
    light.state = LightState::kBad;
    light.reason = fmt::format("the run of {} failed; {}", due.to_string(), newest_data(facts));
  } else if (!facts.was_known_when_due && facts.generation.next_run_ms) {
    light.reason =
        fmt::format("first due at {}; {}", minute_of(*facts.generation.next_run_ms), newest_data(facts));
  } else {
    light.state = LightState::kAttention;
    light.reason =
        fmt::format("data of {} is missing{}; {}", due.to_string(),
                    what_holds_it_up(facts.generation, facts.scheduler_is_alive), newest_data(facts));
  }
  return light;
}

Light quality_light(const OverviewFacts& facts) {
  Light light{LightState::kNeutral, "Data quality score over 90 %", "no day has been checked yet", "/data"};
  if (!facts.quality) return light;
  const QualityFacts& quality = *facts.quality;
  if (quality.threshold != 90) light.name = fmt::format("Data quality score over {:g} %", quality.threshold);
  light.link = "/data/raw_data/" + quality.date.to_string();
  light.reason = fmt::format("{:.1f} % on {}", quality.score, quality.date.to_string());
  const bool is_high = quality.score >= quality.threshold;
  light.state = is_high && quality.passed ? LightState::kGood : LightState::kBad;
  if (is_high && !quality.passed) light.reason += ", but a rule of severity error failed";
  return light;
}

Light preparation_light(const OverviewFacts& facts) {
  Light light{LightState::kNeutral, "Preparation pipeline completed", "there is no data to prepare yet",
              "/dags/02_data_preparation_pipeline"};
  if (!facts.newest_day) return light;
  const std::string newest = facts.newest_day->to_string();
  if (facts.latest_prepared_data && *facts.latest_prepared_data >= newest) {
    light.state = LightState::kGood;
    light.reason = fmt::format("data to {} is prepared", *facts.latest_prepared_data);
    light.link = "/data/prepared_data/" + *facts.latest_prepared_data;
    return light;
  }
  light.state = LightState::kAttention;
  if (is_active(facts.preparation.newest_run)) light.state = LightState::kUnderWay;
  if (facts.preparation.newest_run == workflow::RunState::kFailed) light.state = LightState::kBad;
  light.reason =
      fmt::format("data of {} {}; prepared is {}", newest,
                  light.state == LightState::kUnderWay ? "is being prepared"
                  : light.state == LightState::kBad
                      ? "is not prepared, the last run failed"
                      : "is not prepared" + what_holds_it_up(facts.preparation, facts.scheduler_is_alive),
                  facts.latest_prepared_data.value_or("nothing yet"));
  return light;
}

Light training_light(const OverviewFacts& facts) {
  Light light{LightState::kNeutral, "Model retrained with new data", "there is no prepared data yet",
              "/dags/03_model_training_pipeline"};
  if (!facts.latest_prepared_data) return light;
  if (facts.last_trained_data == facts.latest_prepared_data) {
    light.state = LightState::kGood;
    light.reason = fmt::format("trained on the latest prepared data, {}", *facts.last_trained_data);
    return light;
  }
  light.state = LightState::kAttention;
  if (is_active(facts.training.newest_run)) light.state = LightState::kUnderWay;
  if (facts.training.newest_run == workflow::RunState::kFailed) light.state = LightState::kBad;
  const std::string state = light.state == LightState::kUnderWay ? ", training is under way"
                            : light.state == LightState::kBad    ? ", the last training failed"
                                                                 : "";
  light.reason = fmt::format("prepared to {}, trained on {}{}", *facts.latest_prepared_data,
                             facts.last_trained_data.value_or("nothing yet"), state);
  return light;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

Light metrics_light(const OverviewFacts& facts, const std::string& model_link) {
  Light light{LightState::kNeutral, "Performance metrics improved or stable",
              "no version has been registered yet", model_link};
  std::vector<double> known;
  for (const double value : facts.test_rmse) {
    if (std::isfinite(value) && known.size() <= kEarlierVersions) known.push_back(value);
  }
  if (known.empty()) return light;
  if (known.size() == 1) {
    light.reason = fmt::format("test_rmse {:.4f}; no earlier version to compare with", known.front());
    return light;
  }
  const double newest = known.front();
  const double before = median({known.begin() + 1, known.end()});
  const double change = before > 0 ? newest / before - 1 : 0;
  light.state = change <= kStableShare ? LightState::kGood
                : change <= kBadShare  ? LightState::kAttention
                                       : LightState::kBad;
  const char* verdict = change < 0 ? "improved" : change <= kStableShare ? "stable" : "worse";
  light.reason = fmt::format("{}: test_rmse {:.4f}, {:.4f} before (median of {}, {:+.1f} %)", verdict, newest,
                             before, known.size() - 1, 100 * change);
  return light;
}

}  // namespace

std::vector<Light> daily_lights(const OverviewFacts& facts) {
  return {generation_light(facts), quality_light(facts), preparation_light(facts)};
}

std::vector<Light> weekly_lights(const OverviewFacts& facts, const std::string& model_link) {
  return {training_light(facts),
          metrics_light(facts, model_link),
          {LightState::kNeutral, "No data drift detected",
           "drift monitoring is not set up; compare the distributions of days on the data pages", "/data"}};
}

std::vector<Light> monthly_lights(const OverviewFacts& facts, const std::string& model_link) {
  const std::string versions =
      facts.newest_version == 0
          ? "no version has been registered yet"
          : fmt::format(
                "newest {}, {} in Production", facts.newest_version,
                facts.production_version ? fmt::format("version {}", *facts.production_version) : "none");
  return {{LightState::kNeutral, "Review all model versions", versions, model_link},
          {LightState::kNeutral, "Clean up old artifacts", "runs and their artifacts are kept until removed",
           "/experiments"},
          {LightState::kNeutral, "Update feature engineering if needed",
           fmt::format("{} features are defined in tidemill.toml", facts.feature_count),
           facts.latest_prepared_data ? "/data/prepared_data/" + *facts.latest_prepared_data : "/data"}};
}

std::string_view word_of(LightState state) {
  switch (state) {
    case LightState::kGood:
      return "good";
    case LightState::kUnderWay:
      return "under way";
    case LightState::kAttention:
      return "look";
    case LightState::kBad:
      return "bad";
    case LightState::kNeutral:
      return "note";
  }
  return "";
}

}  // namespace tidemill::server::pages
