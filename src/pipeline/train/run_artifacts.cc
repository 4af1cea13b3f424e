#include "pipeline/train/run_artifacts.h"

#include <cerrno>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "pipeline/charts.h"
#include "pipeline/train/parameters_json.h"
#include "tracking/mlflow_model/mlflow_model.h"

namespace tidemill::pipeline {
namespace {

namespace fs = std::filesystem;

void write_text(const fs::path& path, const std::string& text) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"), &std::fclose);
  if (!file) throw_system_error(errno, "write", path.string());
  if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() || std::fflush(file.get()) != 0) {
    throw_system_error(errno, "write", path.string());
  }
}

std::string csv_field(const std::string& text) {
  return text.find_first_of(",\"\r\n") == std::string::npos ? text : quote_identifier(text);
}

std::string predictions_csv(const Candidate& candidate, const TrainingData& data) {
  const bool has_keys = !data.test_keys.empty();
  std::string csv = has_keys ? csv_field(data.preparation.roles.key) + "," : "";
  csv += "actual,prediction\n";
  for (size_t row = 0; row < data.test_row_count; ++row) {
    if (has_keys) csv += csv_field(data.test_keys[row]) + ",";
    csv += format_double(data.test_target[row]) + "," + format_double(candidate.test_predictions[row]) + "\n";
  }
  return csv;
}

// Scores are RMSE, lower is better; scikit-learn's cv_results_ negates them.
std::string cv_results_csv(const models::TuningResult& tuning) {
  std::string csv = "candidate,params";
  for (size_t fold = 0; fold < tuning.best().fold_scores.size(); ++fold)
    csv += fmt::format(",split{}_test_rmse", fold);
  csv += ",mean_test_rmse,std_test_rmse,rank_test_rmse\n";
  for (size_t c = 0; c < tuning.candidates.size(); ++c) {
    const models::CandidateScore& one = tuning.candidates[c];
    std::string params;
    for (const auto& [name, value] : one.parameters) {
      params += fmt::format("{}{}={}", params.empty() ? "" : " ", name, models::format_parameter(value));
    }
    csv += fmt::format("{},{}", c, csv_field(params));
    for (const double score : one.fold_scores) csv += "," + format_double(score);
    csv += fmt::format(",{},{},{}\n", format_double(one.mean_score), format_double(one.std_score), one.rank);
  }
  return csv;
}

void write_plots(const fs::path& dir, const Candidate& candidate, const TrainingData& data) {
  fs::create_directories(dir);
  ScatterChart fit;
  fit.title = candidate.name + ": predicted against actual, test side";
  fit.x_label = "actual " + data.preparation.roles.target;
  fit.y_label = "predicted";
  fit.x = data.test_target;
  fit.y = candidate.test_predictions;
  fit.guide = ScatterChart::Guide::kDiagonal;
  write_text(dir / "predicted_vs_actual.svg", scatter_svg(fit));
  ScatterChart residuals;
  residuals.title = candidate.name + ": residuals, test side";
  residuals.x_label = "predicted";
  residuals.y_label = "actual - predicted";
  residuals.x = candidate.test_predictions;
  for (size_t row = 0; row < data.test_row_count; ++row) {
    residuals.y.push_back(data.test_target[row] - candidate.test_predictions[row]);
  }
  residuals.guide = ScatterChart::Guide::kZeroLine;
  write_text(dir / "residuals.svg", scatter_svg(residuals));
  if (!candidate.feature_importances.empty()) {
    write_text(dir / "feature_importances.svg",
               bars_svg(candidate.name + ": feature importances", candidate.feature_importances));
  }
}

bool is_number(const std::string& type) {
  return type == "DOUBLE" || type == "FLOAT" || type == "BOOLEAN" || type.ends_with("INT") ||
         type.ends_with("INTEGER") || type.starts_with("DECIMAL");
}

// A few raw rows as a scoring request would bring them.
std::vector<std::vector<tracking::Cell>> example_rows(const TrainingData& data, engine::Engine& engine,
                                                      const storage::ObjectStore& objects) {
  constexpr int kExampleRowCount = 3;
  std::string list;
  for (const engine::Column& column : data.preparation.raw_columns) {
    const std::string name = quote_identifier(column.name);
    list += (list.empty() ? "" : ", ") +
            (is_number(column.type) ? name : fmt::format("CAST({} AS VARCHAR)", name));
  }
  const auto session = engine.new_session();
  const auto stream = session->query(fmt::format("SELECT {} FROM ({}) LIMIT {}", list,
                                                 side_rows_sql(data.manifest, /*test_side=*/true, objects),
                                                 kExampleRowCount));
  std::vector<std::vector<tracking::Cell>> rows;
  while (const engine::Batch* batch = stream->next()) {
    const size_t first = rows.size();
    rows.resize(first + batch->row_count());
    for (size_t c = 0; c < data.preparation.raw_columns.size(); ++c) {
      const bool number = is_number(data.preparation.raw_columns[c].type);
      std::vector<double> values(batch->row_count());
      if (number) batch->copy_doubles(c, values.data());
      for (size_t r = 0; r < batch->row_count(); ++r) {
        tracking::Cell cell;
        if (!batch->is_null(c, r)) {
          if (number) {
            cell = values[r];
          } else {
            cell = std::string(batch->string_at(c, r));
          }
        }
        rows[first + r].push_back(std::move(cell));
      }
    }
  }
  return rows;
}

}  // namespace

void write_run_artifacts(const fs::path& dir, const Candidate& candidate, const TrainingData& data) {
  write_plots(dir / "plots", candidate, data);
  write_text(dir / kModelSpecFile, format_json({{"name", candidate.name},
                                                {"kind", candidate.kind},
                                                {"parameters", parameters_to_json(candidate.parameters)}}));
  write_text(dir / "predictions.csv", predictions_csv(candidate, data));
  write_text(dir / "data_manifest.json", format_json(to_json(data.manifest)));
  write_text(dir / "features.sql", data.preparation.feature_sql + "\n");
  if (candidate.tuning) write_text(dir / "cv_results.csv", cv_results_csv(*candidate.tuning));
  if (!candidate.feature_importances.empty()) {
    Json importances = Json::object();
    for (const auto& [name, value] : candidate.feature_importances) importances[name] = value;
    write_text(dir / "feature_importances.json", format_json(importances));
  }
}

void write_model_dir(const fs::path& dir, const Candidate& candidate, const TrainingData& data,
                     const ModelIdentity& identity, engine::Engine& engine,
                     const storage::ObjectStore& objects) {
  if (!candidate.model_dir.empty()) {
    fs::copy(candidate.model_dir, dir, fs::copy_options::recursive | fs::copy_options::overwrite_existing);
    return;
  }
  const std::string preparation = format_json(to_json(data.preparation));
  tracking::MlflowModel model;
  model.model_id = identity.model_id;
  model.run_id = identity.run_id;
  model.created_ms = identity.created_ms;
  model.onnx = candidate.model_onnx;
  model.preparation_json = preparation;
  model.engine_version = data.preparation.engine_version;
  for (const engine::Column& column : data.preparation.raw_columns) {
    model.raw_columns.push_back({column.name, column.type, column.name != data.preparation.roles.key});
  }
  model.example_rows = example_rows(data, engine, objects);
  model.metadata = {{"kind", candidate.kind}, {"feature_set", data.preparation.feature_set_hash}};
  tracking::write_mlflow_model(dir, model);
}

}  // namespace tidemill::pipeline
