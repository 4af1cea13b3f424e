#include "models/model.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/parallel.h"
#include "base/text.h"

namespace tidemill::models {
namespace {

// The rows of a fold's training side, or of the fold itself, as a matrix of their own.
struct RowSelection {
  std::vector<double> features;
  std::vector<float> features_f32;
  std::vector<double> target;
  TrainingSet set;

  RowSelection(const TrainingSet& from, const std::vector<uint32_t>& rows) {
    target.reserve(rows.size());
    for (const uint32_t row : rows) target.push_back(from.target[row]);
    features.reserve(rows.size() * from.column_count);
    features_f32.reserve(rows.size() * from.column_count);
    for (size_t c = 0; c < from.column_count; ++c) {
      for (const uint32_t row : rows) features.push_back(from.features[c * from.row_count + row]);
      for (const uint32_t row : rows) features_f32.push_back(from.features_f32[c * from.row_count + row]);
    }
    set = {rows.size(), from.column_count, features.data(), features_f32.data(), target.data()};
  }
  RowSelection(const RowSelection&) = delete;
  RowSelection& operator=(const RowSelection&) = delete;
};

std::vector<uint32_t> rows_outside(const Fold& fold, size_t row_count) {
  std::vector<uint32_t> out;
  out.reserve(row_count - fold.size());
  size_t next = 0;
  for (uint32_t row = 0; row < row_count; ++row) {
    if (next < fold.size() && fold[next] == row) {
      ++next;
    } else {
      out.push_back(row);
    }
  }
  return out;
}

}  // namespace

std::string format_parameter(const ParameterValue& value) {
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "true" : "false";
  if (const auto* whole = std::get_if<int64_t>(&value)) return std::to_string(*whole);
  if (const auto* number = std::get_if<double>(&value)) return format_double(*number);
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  return "None";
}

Parameters complete_parameters(const ModelKind& kind, const Parameters& given, const std::string& place) {
  std::vector<std::string> names;
  Parameters out;
  for (const ParameterSpec& spec : kind.parameters()) {
    names.push_back(spec.name);
    const auto it = given.find(spec.name);
    out[spec.name] = it == given.end() ? spec.default_value : it->second;
    if (spec.is_valid(out[spec.name])) continue;
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{}: {} = {} is not allowed; {} wants: {}", place, spec.name,
                            format_parameter(out[spec.name]), kind.name(), spec.allowed));
  }
  for (const auto& [name, value] : given) {
    if (out.contains(name)) continue;
    const std::string hint = did_you_mean(name, names);
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{}: {} has no parameter '{}' (given {}){} It has: {}", place, kind.name(), name,
                            format_parameter(value), hint.empty() ? "." : hint, join(names)));
  }
  return out;
}

std::vector<std::vector<double>> ModelKind::cross_val_predict(const TrainingSet& set,
                                                              const std::vector<Parameters>& candidates,
                                                              const std::vector<Fold>& folds,
                                                              const FitOptions& options) const {
  std::vector<std::vector<double>> out(candidates.size(), std::vector<double>(set.row_count));
  // As many folds at a time as threads, since each fold needs its own copy of the rows.
  const size_t folds_at_once = static_cast<size_t>(std::max(options.thread_count, 1));
  for (size_t first = 0; first < folds.size(); first += folds_at_once) {
    const size_t count = std::min(folds_at_once, folds.size() - first);
    std::vector<std::unique_ptr<RowSelection>> training(count), held_out(count);
    parallel_for(count, options.thread_count, [&](size_t f) {
      const Fold& fold = folds[first + f];
      training[f] = std::make_unique<RowSelection>(set, rows_outside(fold, set.row_count));
      held_out[f] = std::make_unique<RowSelection>(set, fold);
    });
    const size_t fit_count = count * candidates.size();
    FitOptions each = options;  // threads left over when there are few fits go into each fit
    each.thread_count = std::max(1, options.thread_count / static_cast<int>(std::max<size_t>(fit_count, 1)));
    parallel_for(fit_count, options.thread_count, [&](size_t i) {
      const size_t f = i / candidates.size();
      const size_t c = i % candidates.size();
      const auto model = fit(training[f]->set, candidates[c], each);
      const std::vector<double> predictions = model->predict(held_out[f]->set, each.thread_count);
      const Fold& fold = folds[first + f];
      for (size_t k = 0; k < fold.size(); ++k) out[c][fold[k]] = predictions[k];
    });
  }
  return out;
}

}  // namespace tidemill::models
