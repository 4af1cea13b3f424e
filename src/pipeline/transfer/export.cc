#include <algorithm>
#include <iterator>
#include <system_error>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "pipeline/artifacts.h"
#include "pipeline/transfer/arrival.h"
#include "pipeline/transfer/records.h"
#include "pipeline/transfer/transfer.h"

namespace tidemill::pipeline {
namespace {

namespace fs = std::filesystem;
using tracking::Store;

// The pages of a search, one after the other.
template <typename Query, typename Search>
auto all_pages(Query query, const Search& search) {
  auto page = search(query);
  auto items = std::move(page.items);
  while (!page.next_page_token.empty()) {
    query.page.page_token = page.next_page_token;
    page = search(query);
    std::ranges::move(page.items, std::back_inserter(items));
  }
  return items;
}

// Of any size: it is not held in memory.
bool fetch_file(const storage::ObjectStore& artifacts, const std::string& key, const fs::path& path) {
  std::error_code failure;
  fs::create_directories(path.parent_path(), failure);
  if (failure) throw_system_error(failure.value(), "create folder", path.parent_path().string());
  try {
    const fs::path here = artifacts.local_file(key, path.parent_path());
    if (here != path) fs::copy_file(here, path, failure);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kNotFound) throw;
    return false;
  }
  if (failure) throw_system_error(failure.value(), "write", path.string());
  return true;
}

std::vector<ArtifactRecord> export_artifacts(const storage::ObjectStore& artifacts, const std::string& uri,
                                             const fs::path& folder) {
  const std::string prefix = artifact_prefix(artifacts, uri) + "/";
  std::vector<ArtifactRecord> records;
  for (const storage::ObjectInfo& object : artifacts.list(prefix)) {
    const std::string name = object.key.substr(prefix.size());
    const fs::path path = folder / name;
    if (!fetch_file(artifacts, object.key, path)) continue;  // removed since it was listed
    records.push_back({name, fs::file_size(path), sha256_hex_of_file(path)});
  }
  return records;
}

std::vector<tracking::Experiment> experiments_of(Store& store, const TransferScope& scope) {
  std::vector<tracking::Experiment> experiments;
  if (scope.all) {
    experiments = store.search_experiments(tracking::ViewType::kActiveOnly);
    std::ranges::reverse(experiments);  // the first made first
  } else if (auto one = store.get_experiment_by_name(scope.experiment)) {
    if (one->lifecycle_stage == tracking::LifecycleStage::kActive) experiments.push_back(*std::move(one));
  }
  return experiments;
}

void collect_experiment(Store& store, const storage::ObjectStore& artifacts, const std::string& experiment_id,
                        const fs::path& dir, TrackingRecords& records, Progress& progress) {
  tracking::RunQuery query;
  query.experiment_ids = {experiment_id};
  const auto search = [&](const tracking::RunQuery& page) { return store.search_runs(page); };
  std::vector<tracking::Run> runs = all_pages(query, search);
  std::ranges::reverse(runs);
  for (size_t i = 0; i < runs.size(); ++i) {
    progress.step("exporting runs", static_cast<double>(i) / static_cast<double>(runs.size()));
    RunRecord& record = records.runs.emplace_back();
    record.run = std::move(runs[i]);
    for (const tracking::Metric& metric : record.run.metrics) {
      std::ranges::move(store.get_metric_history(record.run.info.run_id, metric.key),
                        std::back_inserter(record.history));
    }
    record.artifacts = export_artifacts(artifacts, record.run.info.artifact_uri,
                                        dir / kExportArtifacts / "runs" / record.run.info.run_id);
  }
  std::vector<tracking::LoggedModel> models = store.list_logged_models(experiment_id);
  std::ranges::reverse(models);
  for (tracking::LoggedModel& model : models) {
    // Written by the store that has the versions.
    std::erase_if(model.tags,
                  [](const tracking::Tag& tag) { return tag.key == tracking::kTagModelVersions; });
    ModelRecord& record = records.models.emplace_back();
    record.model = std::move(model);
    record.artifacts = export_artifacts(artifacts, record.model.artifact_location,
                                        dir / kExportArtifacts / "models" / record.model.model_id);
  }
}

void collect_registry(Store& store, const TransferScope& scope, TrackingRecords& records) {
  if (scope.all) {
    records.registered_models = all_pages(
        tracking::RegisteredModelQuery{},
        [&](const tracking::RegisteredModelQuery& page) { return store.search_registered_models(page); });
  } else if (auto one = store.find_registered_model(scope.registered_model)) {
    records.registered_models.push_back(*std::move(one));
  }
  for (const tracking::RegisteredModel& model : records.registered_models) {
    tracking::ModelVersionQuery query;
    query.conditions = {tracking::attribute_equals("name", model.name)};
    auto versions = all_pages(
        query, [&](const tracking::ModelVersionQuery& page) { return store.search_model_versions(page); });
    std::ranges::sort(versions, {}, &tracking::ModelVersion::version);
    std::ranges::move(versions, std::back_inserter(records.versions));
  }
}

}  // namespace

std::vector<TransferCount> export_tracking(Store& store, const storage::ObjectStore& artifacts,
                                           const TransferScope& scope, const fs::path& dir,
                                           Progress& progress) {
  if (fs::exists(dir)) {
    throw Error(ErrorCode::kAlreadyExists,
                fmt::format("'{}' is there already: export into a new folder", dir.string()));
  }
  const fs::path part = dir.string() + ".part";
  std::error_code failure;
  fs::remove_all(part, failure);  // of an export that was killed
  TrackingRecords records;
  records.experiments = experiments_of(store, scope);
  for (const tracking::Experiment& experiment : records.experiments) {
    collect_experiment(store, artifacts, experiment.experiment_id, part, records, progress);
  }
  collect_registry(store, scope, records);
  write_file(part / kExportFile, format_records(records, store.uri()));
  fs::rename(part, dir, failure);
  if (failure) throw_system_error(failure.value(), "create folder", dir.string());
  return count_records(records);
}

}  // namespace tidemill::pipeline
