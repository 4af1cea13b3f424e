#pragma once
// What the overview is about, read from the project's databases and objects.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/call.h"
#include "server/pages/overview_lights.h"
#include "workflow/records.h"

namespace tidemill::server::pages {

struct DagFacts {
  std::string dag_id;
  std::string schedule;  // in words: "At 00:00"
  bool is_paused = false;
  std::optional<workflow::DagRun> newest_run{};
  int64_t failed_run_count = 0;
  std::optional<int64_t> next_run_ms{};
};

struct VersionFacts {
  int64_t version = 0;
  std::string stage;
  std::string model;      // "gradient_boosting"
  std::string data_date;  // "" when it is not known
  std::optional<double> test_rmse{};
};

struct Overview {
  OverviewFacts facts{};
  std::vector<DagFacts> dags{};
  std::optional<int64_t> heartbeat_ms{};  // of the scheduler that gave the last sign of life
  std::vector<VersionFacts> versions{};   // of the project's model, the newest first, a few
  std::optional<VersionFacts> production{};
  std::vector<std::string> problems{};  // what could not be read, and why
};

// Cost: a listing of the raw data and a few look-ups in each store. Errors: those of the database.
Overview read_overview(Call& call);

}  // namespace tidemill::server::pages
