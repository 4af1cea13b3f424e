// Every step looks first for what an earlier import has left; nothing but the order of the steps is
// remembered between two attempts.

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "pipeline/artifacts.h"
#include "pipeline/transfer/arrival.h"
#include "pipeline/transfer/records.h"
#include "pipeline/transfer/transfer.h"
#include "storage/scratch_dir.h"

namespace tidemill::pipeline {
namespace {

namespace fs = std::filesystem;
using tracking::Store;
using tracking::Tag;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw_system_error(errno, "open", path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  if (from.empty() || from == to) return;
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// In the parts that MLflow takes.
template <typename Item, typename Log>
void in_parts(const std::vector<Item>& items, size_t part_size, const Log& log) {
  for (size_t start = 0; start < items.size(); start += part_size) {
    const auto first = items.begin() + static_cast<ptrdiff_t>(start);
    log(std::vector<Item>(first, first + static_cast<ptrdiff_t>(std::min(part_size, items.size() - start))));
  }
}

std::vector<Tag> with_origin(std::vector<Tag> tags, const std::string& id) {
  std::erase_if(tags, [](const Tag& tag) { return tag.key == kTagImportedFrom || tag.key == kTagImport; });
  tags.push_back({kTagImportedFrom, id});
  return tags;
}

class Import {
 public:
  Import(Store& store, storage::ObjectStore& artifacts, const fs::path& dir, const TrackingRecords& records,
         Progress& progress)
      : store_(store), artifacts_(artifacts), dir_(dir), records_(records), progress_(progress) {}

  Arrival run() {
    for (const tracking::Experiment& experiment : records_.experiments) take_experiment(experiment);
    for (size_t i = 0; i < records_.runs.size(); ++i) {
      progress_.step("importing runs", static_cast<double>(i) / static_cast<double>(records_.runs.size()));
      take_run(records_.runs[i]);
    }
    for (const ModelRecord& record : records_.models) take_model(record);
    for (const RunRecord& record : records_.runs) finish_run(record);
    for (const ModelRecord& record : records_.models) finish_model(record);
    for (const tracking::RegisteredModel& model : records_.registered_models) take_registered_model(model);
    for (const tracking::ModelVersion& version : records_.versions) take_version(version);
    return arrival_;
  }

 private:
  void take_experiment(const tracking::Experiment& experiment) {
    const auto found = store_.get_experiment_by_name(experiment.name);
    if (found) ++arrival_.present["experiments"];
    const std::string id = found
                               ? store_.get_or_create_experiment(experiment.name)
                               : store_.create_experiment(
                                     experiment.name, with_origin(experiment.tags, experiment.experiment_id));
    arrival_.experiments[experiment.experiment_id] = id;
    for (tracking::RunQuery query{.experiment_ids = {id}};;) {
      const auto page = store_.search_runs(query);
      for (const tracking::Run& run : page.items) remember_run(run);
      if (page.next_page_token.empty()) break;
      query.page.page_token = page.next_page_token;
    }
    for (const tracking::LoggedModel& model : store_.list_logged_models(id)) {
      const std::string origin = model.tag(kTagImportedFrom).value_or(model.model_id);
      arrival_.models[origin] = model.model_id;
      if (!model.tag(kTagImportedFrom) || model.tag(kTagImport) == kImportDone) whole_.insert(model.model_id);
    }
  }

  // A run that was not imported stands for itself: its own export brings nothing new.
  void remember_run(const tracking::Run& run) {
    arrival_.runs[run.tag(kTagImportedFrom).value_or(run.info.run_id)] = run.info.run_id;
    if (!run.tag(kTagImportedFrom) || run.tag(kTagImport) == kImportDone) whole_.insert(run.info.run_id);
  }

  // What went from here to another store and comes back is what it was here.
  static void recognize(std::map<std::string, std::string>& ids, const std::string& id,
                        const std::optional<std::string>& origin) {
    if (origin && !ids.contains(id) && ids.contains(*origin)) ids[id] = ids.at(*origin);
  }

  bool is_whole(const std::map<std::string, std::string>& ids, const std::string& origin) const {
    const auto found = ids.find(origin);
    return found != ids.end() && whole_.contains(found->second);
  }

  void take_run(const RunRecord& record) {
    const tracking::RunInfo& info = record.run.info;
    recognize(arrival_.runs, info.run_id, record.run.tag(kTagImportedFrom));
    if (is_whole(arrival_.runs, info.run_id)) {
      ++arrival_.present["runs"];
      return;
    }
    if (!arrival_.runs.contains(info.run_id)) {
      const tracking::RunInfo made =
          store_.create_run({arrival_.experiments.at(info.experiment_id), info.run_name, info.user_id,
                             info.start_time_ms, with_origin(record.run.tags, info.run_id), info.run_id});
      arrival_.runs[info.run_id] = made.run_id;
    }
    const std::string& id = arrival_.runs[info.run_id];
    in_parts(record.run.params, 100, [&](const auto& part) { store_.log_batch(id, {}, part, {}); });
    store_.log_inputs(id, record.run.dataset_inputs);
    publish(dir_ / kExportArtifacts / "runs" / info.run_id, record.artifacts,
            store_.get_run(id).info.artifact_uri, info.run_id, "");
  }

  void take_model(const ModelRecord& record) {
    const tracking::LoggedModel& model = record.model;
    recognize(arrival_.models, model.model_id, model.tag(kTagImportedFrom));
    if (is_whole(arrival_.models, model.model_id)) {
      ++arrival_.present["logged models"];
      return;
    }
    const std::string run_id = model.source_run_id ? run_of(*model.source_run_id) : "";
    if (!arrival_.models.contains(model.model_id)) {
      tracking::NewLoggedModel request;
      request.experiment_id = arrival_.experiments.at(model.experiment_id);
      request.name = model.name;
      request.source_run_id = run_id;
      request.model_type = model.model_type.value_or("");
      request.tags = with_origin(model.tags, model.model_id);
      request.params = model.params;
      request.model_id = model.model_id;
      arrival_.models[model.model_id] = store_.create_logged_model(request).model_id;
    }
    const std::string& id = arrival_.models[model.model_id];
    publish(dir_ / kExportArtifacts / "models" / model.model_id, record.artifacts,
            store_.get_logged_model(id).artifact_location, model.source_run_id.value_or(""), model.model_id);
    if (model.status != tracking::LoggedModelStatus::kPending) store_.finalize_logged_model(id, model.status);
  }

  // Metrics, with the models that they belong to, and what needed the models.
  void finish_run(const RunRecord& record) {
    const std::string id = run_of(record.run.info.run_id);
    if (whole_.contains(id)) return;
    const auto key_of = [](const tracking::Metric& metric) {
      return std::tuple(metric.key, metric.timestamp_ms, metric.step);
    };
    std::vector<tracking::Metric> metrics;
    std::set<std::tuple<std::string, int64_t, int64_t>> of_models;
    for (const ModelRecord& model : records_.models) {
      if (model.model.source_run_id != record.run.info.run_id) continue;
      for (tracking::Metric metric : model.model.metrics) {
        of_models.insert(key_of(metric));
        metric.model_id = model_of(metric.model_id);
        metrics.push_back(std::move(metric));
      }
    }
    for (const tracking::Metric& metric : record.history) {
      if (!of_models.contains(key_of(metric))) metrics.push_back(metric);
    }
    in_parts(metrics, 900, [&](const auto& part) { store_.log_batch(id, part, {}, {}); });
    std::vector<std::string> inputs;
    for (const std::string& model : record.run.model_inputs) inputs.push_back(model_of(model));
    if (!inputs.empty()) store_.log_inputs(id, {}, inputs);
    std::vector<tracking::ModelOutput> outputs = record.run.model_outputs;
    for (tracking::ModelOutput& output : outputs) output.model_id = model_of(output.model_id);
    store_.log_outputs(id, outputs);
    store_.update_run(id, record.run.info.status, record.run.info.end_time_ms);
    store_.set_tag(id, {kTagImport, kImportDone});
  }

  void finish_model(const ModelRecord& record) {
    const std::string id = model_of(record.model.model_id);
    if (!whole_.contains(id)) store_.set_logged_model_tags(id, {{kTagImport, kImportDone}});
  }

  void take_registered_model(const tracking::RegisteredModel& model) {
    if (store_.find_registered_model(model.name)) {
      ++arrival_.present["registered models"];
    } else {
      store_.create_registered_model(model.name, with_origin(model.tags, model.name), model.description);
    }
    for (tracking::ModelVersionQuery query{.conditions = {tracking::attribute_equals("name", model.name)}};
         ;) {
      const auto page = store_.search_model_versions(query);
      std::ranges::copy(page.items, std::back_inserter(there_[model.name]));
      if (page.next_page_token.empty()) break;
      query.page.page_token = page.next_page_token;
    }
  }

  void take_version(const tracking::ModelVersion& version) {
    const std::string origin = fmt::format("{}/{}", version.name, version.version);
    const std::string source = source_of(version.source);
    std::optional<tracking::ModelVersion> found;
    for (const tracking::ModelVersion& one : there_[version.name]) {
      const bool is_itself =
          one.version == version.version && one.source == source && !one.tag(kTagImportedFrom);
      if (one.tag(kTagImportedFrom) == origin || is_itself) found = one;
      if (is_itself || (found && found->tag(kTagImport) == kImportDone)) {
        ++arrival_.present["versions"];
        arrival_.versions[origin] = found->version;
        return;
      }
    }
    if (!found) {
      tracking::NewModelVersion request{
          version.name, source, "", version.description, version.run_link, with_origin(version.tags, origin)};
      if (version.run_id) request.run_id = run_of(*version.run_id);
      found = store_.create_model_version(request);
    }
    arrival_.versions[origin] = found->version;
    for (const tracking::RegisteredModel& model : records_.registered_models) {
      for (const tracking::Alias& alias : model.aliases) {
        if (model.name == version.name && alias.version == version.version) {
          store_.set_registered_model_alias(version.name, alias.alias, found->version);
        }
      }
    }
    if (version.current_stage != tracking::kStageNone) {
      store_.transition_model_version_stage(version.name, found->version, version.current_stage, false);
    }
    store_.set_model_version_tag(version.name, found->version, {kTagImport, kImportDone});
  }

  std::string run_of(const std::string& origin) const {
    const auto found = arrival_.runs.find(origin);
    return found == arrival_.runs.end() ? origin : found->second;
  }
  std::string model_of(const std::string& origin) const {
    const auto found = arrival_.models.find(origin);
    return found == arrival_.models.end() ? origin : found->second;
  }
  std::string source_of(const std::string& source) const {
    constexpr std::string_view kModels = "models:/";
    return source.starts_with(kModels) ? std::string(kModels) + model_of(source.substr(kModels.size()))
                                       : source;
  }

  // The files as they were exported, but for the ids in MLmodel.
  void publish(const fs::path& from, const std::vector<ArtifactRecord>& files, const std::string& uri,
               const std::string& run_id, const std::string& model_id) {
    if (files.empty()) return;
    storage::ScratchDir scratch(artifacts_);
    for (const ArtifactRecord& file : files) {
      if (sha256_hex_of_file(from / file.path) != file.sha256) {
        throw Error(ErrorCode::kCorrupted, fmt::format("{} is not what was exported: restore it from a copy",
                                                       (from / file.path).string()));
      }
      const fs::path to = scratch.path() / file.path;
      fs::create_directories(to.parent_path());
      if (file.path == "MLmodel") {
        std::string text = read_file(from / file.path);
        replace_all(text, run_id, run_of(run_id));
        replace_all(text, model_id, model_of(model_id));
        write_file(to, text);
      } else if (std::error_code failure; !fs::copy_file(from / file.path, to, failure)) {
        throw_system_error(failure.value(), "write", to.string());
      }
    }
    scratch.publish(artifact_prefix(artifacts_, uri));
  }

  Store& store_;
  storage::ObjectStore& artifacts_;
  const fs::path& dir_;
  const TrackingRecords& records_;
  Progress& progress_;
  Arrival arrival_;
  std::set<std::string> whole_;  // ids of what an earlier import finished
  std::map<std::string, std::vector<tracking::ModelVersion>> there_;
};

}  // namespace

std::vector<TransferCount> import_tracking(Store& store, storage::ObjectStore& artifacts, const fs::path& dir,
                                           Progress& progress) {
  const fs::path file = dir / kExportFile;
  if (!fs::exists(file)) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("there is no export in '{}': {} is missing", dir.string(), kExportFile));
  }
  const TrackingRecords records = parse_records(read_file(file), file.string());
  const Arrival arrival = Import(store, artifacts, dir, records, progress).run();
  return verify_arrival(store, artifacts, records, arrival);
}

}  // namespace tidemill::pipeline
