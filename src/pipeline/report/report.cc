#include "pipeline/report/report.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "pipeline/artifacts.h"
#include "pipeline/dataset.h"

namespace tidemill::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr char kTagModel[] = "tidemill.model";
constexpr char kTagDataDate[] = "tidemill.data_date";
constexpr char kTagPromotion[] = "tidemill.promotion";

std::vector<ReportVersion> versions_of(tracking::Store& store, const std::string& registered_model) {
  std::vector<ReportVersion> versions;
  tracking::ModelVersionQuery query;
  query.conditions = {tracking::attribute_equals("name", registered_model)};
  for (const tracking::ModelVersion& stored : store.search_model_versions(query).items) {
    ReportVersion version;
    version.version = static_cast<int>(stored.version);
    version.stage = stored.current_stage;
    for (const std::string& alias : stored.aliases)
      version.aliases += (version.aliases.empty() ? "@" : " @") + alias;
    version.model = stored.tag(kTagModel).value_or("");
    version.data_date = stored.tag(kTagDataDate).value_or("");
    version.promotion = stored.tag(kTagPromotion).value_or("");
    version.run_id = stored.run_id.value_or("");
    if (const auto run = version.run_id.empty() ? std::nullopt : store.find_run(version.run_id)) {
      version.test_rmse = run->metric("test_rmse").value_or(0);
      version.test_mae = run->metric("test_mae").value_or(0);
      version.test_r2 = run->metric("test_r2").value_or(0);
    }
    versions.push_back(std::move(version));
  }
  std::sort(versions.begin(), versions.end(),
            [](const auto& a, const auto& b) { return a.version > b.version; });
  return versions;
}

std::vector<ReportRun> runs_of(tracking::Store& store, const std::string& experiment) {
  std::vector<ReportRun> runs;
  const auto found = store.get_experiment_by_name(experiment);
  if (!found) return runs;
  tracking::RunQuery query;
  query.experiment_ids = {found->experiment_id};
  query.conditions = {tracking::attribute_equals("status", "FINISHED")};
  for (const tracking::Run& run : store.search_runs(query).items) {
    const auto model = run.tag(kTagModel), date = run.tag(kTagDataDate);
    const auto rmse = run.metric("test_rmse");
    if (model && date && rmse) runs.push_back({*date, *model, *rmse});
  }
  std::sort(runs.begin(), runs.end(), [](const ReportRun& a, const ReportRun& b) {
    return std::tie(a.data_date, a.model) < std::tie(b.data_date, b.model);
  });
  return runs;
}

std::vector<ReportDay> days_of(const storage::ObjectStore& objects) {
  std::vector<ReportDay> days;
  for (const Date date : raw_days(objects, std::nullopt, Date::parse("9999-12-31"))) {
    const std::string key = raw_prefix(date) + "/" + kValidationReportFile;
    const auto text = objects.get(key);
    if (!text) continue;
    const Json json = parse_json(*text, key);
    ReportDay day;
    day.date = date.to_string();
    day.row_count = json.value("row_count", uint64_t{0});
    day.quality_score = json.value("quality_score", 0.0);
    day.passed = json.value("passed", false);
    const Json scores = json.value("dimension_scores", Json::object());
    for (const auto& [name, score] : scores.items()) {
      day.dimension_scores.emplace_back(name, score.get<double>());
    }
    days.push_back(std::move(day));
  }
  return days;
}

// The plots that the latest version's run has logged.
std::vector<std::string> plots_of(tracking::Store& store, const storage::ObjectStore& artifacts,
                                  const std::string& run_id) {
  std::vector<std::string> plots;
  const auto run = store.find_run(run_id);
  if (!run) return plots;
  const std::string prefix = artifact_prefix(artifacts, run->info.artifact_uri) + "/plots/";
  for (const char* name : {"predicted_vs_actual.svg", "residuals.svg", "feature_importances.svg"}) {
    if (auto plot = artifacts.get(prefix + name)) plots.push_back(std::move(*plot));
  }
  return plots;
}

void replace_file(const fs::path& path, const std::string& text) {
  const fs::path temporary = path.string() + ".tmp";
  {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(temporary.c_str(), "wb"),
                                                               &std::fclose);
    if (!file) throw_system_error(errno, "write", path.string());
    if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() || std::fflush(file.get()) != 0) {
      const int error = errno;
      fs::remove(temporary);
      throw_system_error(error, "write", path.string());
    }
  }
  fs::rename(temporary, path);
}

}  // namespace

void write_report(const fs::path& path, const std::string& project, const std::string& registered_model,
                  const std::string& experiment, const storage::ObjectStore& objects,
                  const storage::ObjectStore& artifacts, tracking::Store& store) {
  ReportContent content;
  content.project = project;
  content.registered_model = registered_model;
  content.versions = versions_of(store, registered_model);
  content.runs = runs_of(store, experiment);
  content.days = days_of(objects);
  if (!content.versions.empty()) content.plots = plots_of(store, artifacts, content.versions.front().run_id);
  replace_file(path, render_report(content));
}

}  // namespace tidemill::pipeline
