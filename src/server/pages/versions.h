#pragma once
// Model versions with their runs: what the pages of models share.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/call.h"
#include "server/pages/html.h"
#include "tracking/store.h"

namespace tidemill::server::pages {

std::string model_path(const std::string& name);                     // "/models/N"
std::string version_path(const std::string& name, int64_t version);  // "/models/N/versions/3"
std::string tracked_run_path(const std::string& run_id);             // "/runs/R"

struct TrackedVersion {
  tracking::ModelVersion version;
  std::optional<tracking::Run> run{};  // nullopt: made without one, or it was deleted for good

  std::optional<double> metric(std::string_view key) const;
  // What was trained, and to which day: tags of the version. "" where it has none.
  std::string model() const;
  std::string data_date() const;
};

TrackedVersion tracked_version(tracking::Store& store, tracking::ModelVersion version);
// Of a version's number as people give it: in a path or a query. Errors: kNotFound.
TrackedVersion find_tracked_version(Call& call, const std::string& name, std::string_view version);

// The newest versions of a registered model, at most `limit`. `page_token` as in tracking/query.h.
struct VersionPage {
  std::vector<TrackedVersion> versions{};
  std::string next_page_token{};
};
VersionPage newest_versions(tracking::Store& store, const std::string& name, int64_t limit,
                            const std::string& page_token = "");

Html unbroken(const Html& text);  // on one line: days, "Version 3"
Html stage_chip(const std::string& stage);
Html aliases_text(const tracking::ModelVersion& version);  // "@champion @challenger"
// "test_rmse", "test_mae", "test_r2": what every training logs.
const std::vector<std::string>& usual_metrics();

// Buttons that move a version to each of the other stages, asking once more.
Html stage_buttons(const Call& call, const tracking::ModelVersion& version);
// Puts the version before back into Production; nothing where there is no way back.
Html rollback_button(const Call& call, const TrackedVersion& production);
// What the form before this page did, where it is still so.
Html moved_notice(const Call& call, const std::string& version_path, const tracking::ModelVersion& version);

// Links to the next page of what is read by page tokens, and back to the first.
Html token_pager(const Call& call, const std::string& next_page_token);

}  // namespace tidemill::server::pages
