#include "pipeline/train/candidate.h"

#include <fmt/format.h>

#include "base/error.h"
#include "models/metrics/metrics.h"
#include "models/onnx/model_graph.h"
#include "models/prediction.h"
#include "models/tuning/tuning.h"

namespace tidemill::pipeline {
namespace {

// Every candidate of the grid (or a random sample of it) over the spec's fixed parameters.
std::vector<models::Parameters> tuning_candidates(const ModelSpec& spec, const models::ModelKind& kind,
                                                  uint64_t seed) {
  const models::ParameterGrid grid(spec.tune->grid.begin(), spec.tune->grid.end());
  std::vector<models::Parameters> points =
      spec.tune->search == "random"
          ? models::sample_grid(grid, static_cast<size_t>(spec.tune->random_candidate_count), seed)
          : models::expand_grid(grid);
  for (models::Parameters& point : points) {
    models::Parameters given = spec.parameters;
    for (const auto& [name, value] : point) given[name] = value;
    point = models::complete_parameters(kind, given, spec.place);
  }
  return points;
}

}  // namespace

void score_candidate(Candidate& candidate, const TrainingData& data) {
  candidate.test_rmse = models::rmse(data.test_target, candidate.test_predictions);
  candidate.test_mae = models::mae(data.test_target, candidate.test_predictions);
  candidate.test_r2 = models::r2(data.test_target, candidate.test_predictions);
}

Candidate fit_candidate(const ModelSpec& spec, const TrainingData& data, uint64_t seed, int thread_count) {
  const models::ModelKind* kind = models::find_model_kind(spec.kind);
  if (kind == nullptr) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{}: unknown model kind '{}'", spec.place, spec.kind));
  }
  Candidate candidate;
  candidate.name = spec.name;
  candidate.kind = spec.kind;
  const models::TrainingSet set = data.training_set();
  const models::FitOptions options{seed, thread_count};
  if (spec.tune) {
    if (data.train_row_count < static_cast<size_t>(spec.tune->folds)) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("{}: {} folds need at least as many train rows, there are {}", spec.place,
                              spec.tune->folds, data.train_row_count));
    }
    candidate.tuning =
        models::tune(*kind, set, tuning_candidates(spec, *kind, seed),
                     models::k_folds(data.train_row_count, static_cast<size_t>(spec.tune->folds)), options);
    candidate.parameters = candidate.tuning->best().parameters;
  } else {
    candidate.parameters = models::complete_parameters(*kind, spec.parameters, spec.place);
  }
  const std::unique_ptr<models::Model> model = kind->fit(set, candidate.parameters, options);
  candidate.model_onnx = onnx::build_model_onnx(
      data.preparation.preprocessing, *model,
      {{"producer", "tidemill"}, {"kind", spec.kind}, {"feature_set", data.preparation.feature_set_hash}});
  const std::vector<double> importances = model->feature_importances();
  for (size_t i = 0; i < importances.size(); ++i) {
    candidate.feature_importances.emplace_back(data.feature_names[i], importances[i]);
  }
  // Bit for bit what the graph answers, without the cost of loading it.
  candidate.test_predictions = models::predict_inputs(
      data.preparation.preprocessing, *model, data.test_inputs.data(), data.test_row_count, thread_count);
  score_candidate(candidate, data);
  return candidate;
}

}  // namespace tidemill::pipeline
