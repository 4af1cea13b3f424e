#pragma once
// An MLflow model directory: what `mlflow.pyfunc.load_model`, `mlflow.onnx.load_model` and `mlflow models
// serve` read. Source: mlflow/models/model.py, mlflow/pyfunc, mlflow/onnx (3.17.2).
//
//   MLmodel                     flavors onnx and python_function, signature, ids, hashes
//   model.onnx                  the onnx flavor: takes the feature vector
//   preparation.json            raw_columns, feature_sql, engine_version, ...
//   code/tidemill_pyfunc.py     the python_function flavor: takes raw rows, as people have them
//   input_example.json, serving_input_example.json
//   requirements.txt, conda.yaml, python_env.yaml      exact versions
//
// The signature's columns have the type `any`: MLflow refuses int64 for double, and None, where a type is
// named. The types are in preparation.json and, for people, in MLmodel's metadata.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tidemill::tracking {

// A column of the raw rows; `type` as the engine names it.
struct RawColumn {
  std::string name{};
  std::string type{};
  bool required = true;  // false: a request may leave it out
};

using Cell = std::variant<std::monostate, bool, int64_t, double, std::string>;  // monostate and NaN: null

struct MlflowModel {
  std::string name = "model";
  std::string model_id{};
  std::string run_id{};
  int64_t created_ms = 0;
  std::string_view onnx{};              // bytes of the graph, output double [N, 1]
  std::string_view preparation_json{};  // see src/pipeline/preparation.h
  std::string engine_version{};         // "v1.5.5": the DuckDB that requirements.txt asks for
  std::vector<RawColumn> raw_columns{};
  std::vector<std::vector<Cell>> example_rows{};  // a few raw rows, in order of raw_columns; may be empty
  std::vector<std::pair<std::string, std::string>> metadata{};     // shown in the UI
  std::vector<std::pair<std::string, std::string>> extra_files{};  // path below the directory, content
};

// Writes into `dir`, which exists (ObjectStore::make_scratch_dir; publishing makes it durable). The same
// model gives the same bytes but for ids and times. Errors: those of the file system; kInvalidArgument when
// an example row has another length than raw_columns.
void write_mlflow_model(const std::filesystem::path& dir, const MlflowModel& model);

// A file that predictions are made with: "model.onnx", "preparation.json".
struct RecordedFile {
  std::string name{};
  std::string sha256{};  // "": written before hashes were recorded
};

// The files that a model directory must have, by its MLmodel. nullopt when write_mlflow_model did not write
// it: another program's model.
std::optional<std::vector<RecordedFile>> recorded_files(std::string_view mlmodel);

}  // namespace tidemill::tracking
