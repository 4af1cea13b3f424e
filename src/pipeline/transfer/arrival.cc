#include "pipeline/transfer/arrival.h"

#include "pipeline/artifacts.h"

namespace tidemill::pipeline {
namespace {

using Counts = std::map<std::string, size_t>;

void count_run(Counts& counts, const tracking::Run& run, size_t metric_count, size_t file_count) {
  ++counts["runs"];
  counts["params"] += run.params.size();
  counts["metrics"] += metric_count;
  counts["inputs"] += run.dataset_inputs.size() + run.model_inputs.size();
  counts["outputs"] += run.model_outputs.size();
  counts["files"] += file_count;
}

Counts counts_of(const TrackingRecords& records) {
  Counts counts;
  counts["experiments"] = records.experiments.size();
  for (const RunRecord& record : records.runs) {
    count_run(counts, record.run, record.history.size(), record.artifacts.size());
  }
  for (const ModelRecord& record : records.models) {
    ++counts["logged models"];
    counts["files"] += record.artifacts.size();
  }
  counts["registered models"] = records.registered_models.size();
  counts["versions"] = records.versions.size();
  for (const auto& model : records.registered_models) counts["aliases"] += model.aliases.size();
  return counts;
}

std::vector<TransferCount> rows_of(const Counts& counts) {
  std::vector<TransferCount> rows;
  for (const char* what : {"experiments", "runs", "metrics", "params", "inputs", "outputs", "logged models",
                           "registered models", "versions", "aliases", "files"}) {
    const auto found = counts.find(what);
    rows.push_back({what, found == counts.end() ? 0 : found->second});
  }
  return rows;
}

// Of the files that were exported, how many are there with their size.
size_t files_there(const storage::ObjectStore& artifacts, const std::string& uri,
                   const std::vector<ArtifactRecord>& files) {
  if (files.empty()) return 0;
  const std::string prefix = artifact_prefix(artifacts, uri) + "/";
  std::map<std::string, uint64_t> sizes;
  for (const storage::ObjectInfo& object : artifacts.list(prefix)) {
    sizes[object.key.substr(prefix.size())] = object.size_bytes;
  }
  size_t count = 0;
  for (const ArtifactRecord& file : files) {
    const auto found = sizes.find(file.path);
    if (found != sizes.end() && found->second == file.size_bytes) ++count;
  }
  return count;
}

size_t history_size(tracking::Store& store, const tracking::Run& run) {
  size_t count = 0;
  for (const tracking::Metric& metric : run.metrics) {
    count += store.get_metric_history(run.info.run_id, metric.key).size();
  }
  return count;
}

Counts counts_there(tracking::Store& store, const storage::ObjectStore& artifacts,
                    const TrackingRecords& records, const Arrival& arrival) {
  Counts there;
  for (const auto& [origin, id] : arrival.experiments) {
    store.get_experiment(id);
    ++there["experiments"];
  }
  for (const RunRecord& record : records.runs) {
    const auto run = store.find_run(arrival.runs.at(record.run.info.run_id));
    if (!run || run->info.status != record.run.info.status) continue;
    count_run(there, *run, history_size(store, *run),
              files_there(artifacts, run->info.artifact_uri, record.artifacts));
  }
  for (const ModelRecord& record : records.models) {
    const auto model = store.find_logged_model(arrival.models.at(record.model.model_id));
    if (!model || model->status != record.model.status) continue;
    ++there["logged models"];
    there["files"] += files_there(artifacts, model->artifact_location, record.artifacts);
  }
  for (const tracking::RegisteredModel& model : records.registered_models) {
    const auto found = store.find_registered_model(model.name);
    if (!found) continue;
    ++there["registered models"];
    for (const tracking::Alias& alias : model.aliases) {
      for (const tracking::Alias& one : found->aliases) there["aliases"] += one.alias == alias.alias ? 1 : 0;
    }
  }
  for (const auto& [origin, number] : arrival.versions) {
    store.get_model_version(origin.substr(0, origin.rfind('/')), number);
    ++there["versions"];
  }
  return there;
}

}  // namespace

std::vector<TransferCount> count_records(const TrackingRecords& records) {
  return rows_of(counts_of(records));
}

std::vector<TransferCount> verify_arrival(tracking::Store& store, const storage::ObjectStore& artifacts,
                                          const TrackingRecords& records, const Arrival& arrival) {
  Counts there = counts_there(store, artifacts, records, arrival);
  std::vector<TransferCount> rows = rows_of(counts_of(records));
  for (TransferCount& row : rows) {
    const auto present = arrival.present.find(row.what);
    if (present != arrival.present.end()) row.present = present->second;
    // Metrics and the like may have been added since an earlier import.
    row.verified = there[row.what] >= row.count;
  }
  return rows;
}

}  // namespace tidemill::pipeline
