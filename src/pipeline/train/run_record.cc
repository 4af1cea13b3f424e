#include "pipeline/train/run_record.h"

#include <algorithm>
#include <cstdlib>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "pipeline/artifacts.h"
#include "pipeline/train/command_model.h"
#include "pipeline/train/reproduce.h"
#include "pipeline/train/run_artifacts.h"
#include "storage/scratch_dir.h"

namespace tidemill::pipeline {
namespace {

namespace fs = std::filesystem;
using tracking::Store;

std::string user_name() {
  for (const char* variable : {"MLFLOW_TRACKING_USERNAME", "LOGNAME", "USER"}) {
    if (const char* name = std::getenv(variable); name != nullptr && *name != '\0') return name;
  }
  return "unknown";
}

// The attempt's run for this model, if a crash left one; a FAILED one is not taken up again.
std::optional<tracking::Run> find_run(Store& store, const std::string& experiment_id,
                                      const RunContext& context, const std::string& model) {
  tracking::RunQuery query;
  query.experiment_ids = {experiment_id};
  query.conditions = {tracking::tag_equals(kTagAttempt, context.attempt_id),
                      tracking::tag_equals(kTagModel, model)};
  // A finished one first: a server that answered too late may have made one more that is still RUNNING.
  std::vector<tracking::Run> runs = store.search_runs(query).items;
  for (const auto status : {tracking::RunStatus::kFinished, tracking::RunStatus::kRunning}) {
    for (tracking::Run& run : runs) {
      if (run.info.status == status) return std::move(run);
    }
  }
  return std::nullopt;
}

// The model that a crash left with the run. One that is READY too: a server without transactions may have
// been asked for all but the end of the run. Several are there if it worked off a killed program's request
// late: the one the run already has as its output is the run's.
std::optional<tracking::LoggedModel> find_model(Store& store, const tracking::Run& run) {
  std::optional<tracking::LoggedModel> found;
  for (tracking::LoggedModel& model : store.list_logged_models(run.info.experiment_id, run.info.run_id)) {
    if (std::ranges::find(run.model_outputs, model.model_id, &tracking::ModelOutput::model_id) !=
        run.model_outputs.end()) {
      return std::move(model);
    }
    if (model.status != tracking::LoggedModelStatus::kFailed && !found) found = std::move(model);
  }
  return found;
}

void fail_pending_models(Store& store, const tracking::RunInfo& run, const std::string& but = "") {
  for (const tracking::LoggedModel& model : store.list_logged_models(run.experiment_id, run.run_id)) {
    if (model.status == tracking::LoggedModelStatus::kPending && model.model_id != but) {
      store.finalize_logged_model(model.model_id, tracking::LoggedModelStatus::kFailed);
    }
  }
}

struct OpenRun {
  tracking::RunInfo info;
  tracking::LoggedModel model;
};

OpenRun open_run(const RunContext& context, const std::string& experiment_id, const ModelSpec& spec,
                 const TrainingData& data, const std::optional<tracking::Run>& existing) {
  Store& store = context.tracking;
  const auto batch = store.begin();
  OpenRun open;
  std::optional<tracking::LoggedModel> model_left;
  if (existing) {
    open.info = existing->info;
    model_left = find_model(store, *existing);
  } else {
    tracking::NewRun run;
    run.experiment_id = experiment_id;
    run.run_name = run_name(spec.name, data.manifest.date);
    run.user_id = user_name();
    run.start_time_ms = context.clock.now_ms();
    run.tags = tracking::context_tags(run.user_id, "tidemill");
    run.tags.push_back({kTagAttempt, context.attempt_id});
    run.tags.push_back({kTagModel, spec.name});
    open.info = store.create_run(run);
  }
  if (model_left) {
    open.model = *std::move(model_left);
    fail_pending_models(store, open.info, open.model.model_id);
  } else {
    tracking::NewLoggedModel model;
    model.experiment_id = experiment_id;
    model.name = kLoggedModelName;
    model.source_run_id = open.info.run_id;
    model.tags = {{kTagAttempt, context.attempt_id}};
    open.model = store.create_logged_model(model);
  }
  batch->commit();
  return open;
}

std::vector<tracking::Param> params_of(const Candidate& candidate, const TrainingData& data) {
  std::vector<tracking::Param> params = {{"model_type", candidate.name},
                                         {"kind", candidate.kind},
                                         {"data_date", data.manifest.date.to_string()},
                                         {"train_row_count", std::to_string(data.train_row_count)},
                                         {"test_row_count", std::to_string(data.test_row_count)}};
  for (const auto& [name, value] : candidate.parameters)
    params.push_back({name, models::format_parameter(value)});
  if (candidate.tuning) {
    params.push_back({"cv_folds", std::to_string(candidate.tuning->best().fold_scores.size())});
    params.push_back({"cv_candidates", std::to_string(candidate.tuning->candidates.size())});
  }
  return params;
}

std::vector<tracking::Metric> metrics_of(const RunContext& context, const Candidate& candidate,
                                         const std::string& model_id) {
  const int64_t now_ms = context.clock.now_ms();
  std::vector<tracking::Metric> metrics;
  const auto add = [&](const std::string& key, double value, int64_t step = 0) {
    tracking::Metric metric;
    metric.key = key;
    metric.value = value;
    metric.timestamp_ms = now_ms;
    metric.step = step;
    metric.model_id = model_id;
    metrics.push_back(std::move(metric));
  };
  add("test_rmse", candidate.test_rmse);
  add("test_mae", candidate.test_mae);
  add("test_r2", candidate.test_r2);
  if (candidate.tuning) {
    add("best_cv_rmse", candidate.tuning->best().mean_score);
    // One step per candidate of the grid: MLflow's chart of these metrics is the whole search.
    for (size_t c = 0; c < candidate.tuning->candidates.size(); ++c) {
      const models::CandidateScore& one = candidate.tuning->candidates[c];
      add("cv_rmse_mean", one.mean_score, static_cast<int64_t>(c));
      add("cv_rmse_std", one.std_score, static_cast<int64_t>(c));
      for (size_t f = 0; f < one.fold_scores.size(); ++f) {
        add(fmt::format("cv_rmse_fold_{}", f), one.fold_scores[f], static_cast<int64_t>(c));
      }
    }
  }
  return metrics;
}

std::vector<tracking::Tag> tags_of(const RunContext& context, const TrainingData& data) {
  return {{kTagDataDate, data.manifest.date.to_string()},
          {kTagDataManifest, data.manifest.hash()},
          {kTagFeatureSet, data.preparation.feature_set_hash},
          {kTagSeed, std::to_string(context.seed)},
          {kTagCpu, cpu_model()}};
}

std::vector<tracking::DatasetInput> inputs_of(const RunContext& context, const TrainingData& data) {
  constexpr size_t kDigestLength = 8;  // as MLflow's own datasets
  std::vector<tracking::DatasetInput> inputs;
  Json columns = Json::array();
  for (const std::string& name : data.feature_names) {
    columns.push_back({{"type", "double"}, {"name", name}, {"required", true}});
  }
  const std::string prefix = prepared_prefix(data.manifest.date);
  for (const auto& [file, use, row_count] : {std::tuple{kTrainFile, "training", data.train_row_count},
                                             std::tuple{kTestFile, "testing", data.test_row_count}}) {
    tracking::Dataset dataset;
    dataset.name = prefix + "/" + file;
    for (const ManifestFile& listed : data.manifest.files) {
      if (listed.name == file) dataset.digest = listed.sha256.substr(0, kDigestLength);
    }
    const std::string uri = context.objects.engine_uri(dataset.name);
    dataset.source_type = uri.starts_with("s3://") ? "s3" : "local";
    dataset.source = Json({{"uri", uri}}).dump();
    dataset.schema = Json({{"mlflow_colspec", columns}}).dump();
    dataset.profile = Json({{"num_rows", row_count}}).dump();
    inputs.push_back({dataset, {{std::string(tracking::kDatasetContext), use}}});
  }
  return inputs;
}

// MLflow takes at most this many params and metrics in one call.
template <typename Item, typename Log>
void log_in_parts(const std::vector<Item>& items, size_t part_size, const Log& log) {
  for (size_t start = 0; start < items.size(); start += part_size) {
    const size_t end = std::min(items.size(), start + part_size);
    log(std::vector<Item>(items.begin() + static_cast<ptrdiff_t>(start),
                          items.begin() + static_cast<ptrdiff_t>(end)));
  }
}

void log_everything(const RunContext& context, const OpenRun& open, const Candidate& candidate,
                    const TrainingData& data) {
  Store& store = context.tracking;
  const std::string& run_id = open.info.run_id;
  const std::string& model_id = open.model.model_id;
  const std::vector<tracking::Param> params = params_of(candidate, data);
  const auto batch = store.begin();
  log_in_parts(params, 100, [&](const auto& part) { store.log_batch(run_id, {}, part, {}); });
  log_in_parts(metrics_of(context, candidate, model_id), 900,
               [&](const auto& part) { store.log_batch(run_id, part, {}, {}); });
  store.log_batch(run_id, {}, {}, tags_of(context, data));
  store.log_inputs(run_id, inputs_of(context, data));
  store.log_outputs(run_id, {{model_id, 0}});
  log_in_parts(params, 100, [&](const auto& part) { store.log_logged_model_params(model_id, part); });
  store.finalize_logged_model(model_id, tracking::LoggedModelStatus::kReady);
  store.update_run(run_id, tracking::RunStatus::kFinished, context.clock.now_ms());
  batch->commit();
}

Candidate make_candidate(const RunContext& context, const ModelSpec& spec, const TrainingData& data,
                         const fs::path& output_dir) {
  if (spec.kind != "command") return fit_candidate(spec, data, context.seed, context.thread_count);
  fs::create_directories(output_dir);
  return run_command_model(spec, data, context.seed, context.project_dir, output_dir, context.objects);
}

TrainedModel trained_model(const tracking::Run& run, const std::string& model) {
  TrainedModel trained;
  trained.name = model;
  trained.run_id = run.info.run_id;
  if (!run.model_outputs.empty()) trained.model_id = run.model_outputs.front().model_id;
  trained.model_uri = "models:/" + trained.model_id;
  trained.test_rmse = run.metric("test_rmse").value_or(0);
  trained.test_mae = run.metric("test_mae").value_or(0);
  trained.test_r2 = run.metric("test_r2").value_or(0);
  return trained;
}

}  // namespace

std::string run_name(const std::string& model, Date data_date) {
  return model + "_" + data_date.to_string();
}

std::map<std::string, double> metric_values(const TrainedModel& model) {
  return {{"test_rmse", model.test_rmse}, {"test_mae", model.test_mae}, {"test_r2", model.test_r2}};
}

TrainedModel train_and_log(const RunContext& context, const ModelSpec& spec, const TrainingData& data) {
  Store& store = context.tracking;
  const std::string experiment_id = store.get_or_create_experiment(context.experiment);
  const std::optional<tracking::Run> existing = find_run(store, experiment_id, context, spec.name);
  if (existing && existing->info.status == tracking::RunStatus::kFinished)
    return trained_model(*existing, spec.name);
  const OpenRun open = open_run(context, experiment_id, spec, data, existing);
  try {
    storage::ScratchDir run_dir(context.artifacts);
    storage::ScratchDir model_dir(context.artifacts);
    const storage::ScratchDir output_dir(context.artifacts);
    const Candidate candidate = make_candidate(context, spec, data, output_dir.path());
    write_run_artifacts(run_dir.path(), candidate, data);
    write_model_dir(model_dir.path(), candidate, data,
                    {open.info.run_id, open.model.model_id, open.model.creation_timestamp_ms}, context.engine,
                    context.objects);
    run_dir.publish(artifact_prefix(context.artifacts, open.info.artifact_uri));
    model_dir.publish(artifact_prefix(context.artifacts, open.model.artifact_location));
    log_everything(context, open, candidate, data);
  } catch (const std::exception&) {
    const auto batch = store.begin();
    store.finalize_logged_model(open.model.model_id, tracking::LoggedModelStatus::kFailed);
    store.update_run(open.info.run_id, tracking::RunStatus::kFailed, context.clock.now_ms());
    batch->commit();
    throw;
  }
  return trained_model(store.get_run(open.info.run_id), spec.name);
}

void kill_runs_of_attempt(Store& store, const std::string& experiment, const std::string& attempt_id,
                          int64_t now_ms) {
  const auto found = store.get_experiment_by_name(experiment);
  if (!found) return;
  tracking::RunQuery query;
  query.experiment_ids = {found->experiment_id};
  query.conditions = {tracking::tag_equals(kTagAttempt, attempt_id)};
  const auto batch = store.begin();
  for (const tracking::Run& run : store.search_runs(query).items) {
    if (run.info.status != tracking::RunStatus::kRunning) continue;
    store.update_run(run.info.run_id, tracking::RunStatus::kKilled, now_ms);
    fail_pending_models(store, run.info);
  }
  batch->commit();
}

}  // namespace tidemill::pipeline
