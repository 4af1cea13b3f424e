#include "tracking/mlflow_model/mlflow_model.h"

#include <array>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <span>
#include <system_error>

#include <fmt/format.h>

#include "base/date.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"

namespace tidemill::tracking {

// tidemill_pyfunc.py, carried inside the program.
std::span<const std::pair<std::string_view, std::string_view>> loader_files();

namespace {

// What the model was tried with: tests/constraints.txt. DuckDB's version comes with the model.
constexpr std::string_view kMlflowVersion = "3.17.2";
constexpr std::string_view kPythonVersion = "3.11.9";
constexpr std::string_view kOnnxVersion = "1.23.2";
constexpr std::string_view kOnnxruntimeVersion = "1.22.1";
constexpr std::string_view kNumpyVersion = "2.4.6";
constexpr std::string_view kPandasVersion = "3.1.1";

constexpr std::string_view kLoader = "loader_module: tidemill_pyfunc";

// What predictions are made with, and the keys in MLmodel's metadata of their hashes.
struct HashedFile {
  std::string_view name;
  std::string_view hash_key;
  std::string_view MlflowModel::*content;
};
constexpr std::array kHashedFiles = {
    HashedFile{"model.onnx", "model_onnx_sha256", &MlflowModel::onnx},
    HashedFile{"preparation.json", "preparation_json_sha256", &MlflowModel::preparation_json},
};

class Folder {
 public:
  explicit Folder(const std::filesystem::path& dir) : dir_(dir) {}

  void write(std::string_view name, std::string_view content) {
    const std::filesystem::path path = dir_ / name;
    std::error_code failure;
    std::filesystem::create_directories(path.parent_path(), failure);
    if (failure) throw_system_error(failure.value(), "create folder", path.parent_path().string());
    std::ofstream file(path, std::ios::binary);
    file.write(content.data(), static_cast<std::streamsize>(content.size()));
    file.close();
    if (!file) throw_system_error(errno, "write", path.string());
    size_bytes_ += content.size();
  }
  uint64_t size_bytes() const { return size_bytes_; }

 private:
  std::filesystem::path dir_;
  uint64_t size_bytes_ = 0;
};

// A YAML scalar that is read back as exactly this text.
std::string yaml_text(std::string_view text) {
  return Json(text).dump();
}

std::vector<std::string> requirements(const MlflowModel& model) {
  std::string_view engine = model.engine_version;
  if (engine.starts_with('v')) engine.remove_prefix(1);
  return {fmt::format("mlflow=={}", kMlflowVersion),
          fmt::format("duckdb=={}", engine),
          fmt::format("numpy=={}", kNumpyVersion),
          fmt::format("onnx=={}", kOnnxVersion),
          fmt::format("onnxruntime=={}", kOnnxruntimeVersion),
          fmt::format("pandas=={}", kPandasVersion)};
}

void write_environments(Folder& folder, const MlflowModel& model) {
  std::string lines;
  std::string conda_lines;
  for (const std::string& requirement : requirements(model)) {
    lines += requirement + "\n";
    conda_lines += "  - " + requirement + "\n";
  }
  folder.write("requirements.txt", lines);
  folder.write("conda.yaml",
               fmt::format("channels:\n- conda-forge\ndependencies:\n- python={}\n- pip\n- pip:\n{}"
                           "name: mlflow-env\n",
                           kPythonVersion, conda_lines));
  folder.write("python_env.yaml",
               fmt::format("python: {}\nbuild_dependencies:\n- pip\n- setuptools\n- wheel\n"
                           "dependencies:\n- -r requirements.txt\n",
                           kPythonVersion));
}

Json cell_json(const Cell& cell) {
  return std::visit(
      [](const auto& value) -> Json {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::monostate>) {
          return nullptr;
        } else if constexpr (std::is_same_v<T, double>) {
          return std::isfinite(value) ? Json(value) : Json(nullptr);
        } else {
          return value;
        }
      },
      cell);
}

// As MLflow writes a data frame: {"columns": [...], "data": [[...], ...]}.
Json example_json(const MlflowModel& model) {
  Json columns = Json::array();
  for (const RawColumn& column : model.raw_columns) columns.push_back(column.name);
  Json data = Json::array();
  for (const std::vector<Cell>& row : model.example_rows) {
    if (row.size() != model.raw_columns.size()) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("an example row has {} values for {} columns",
                                                           row.size(), model.raw_columns.size()));
    }
    Json values = Json::array();
    for (const Cell& cell : row) values.push_back(cell_json(cell));
    data.push_back(std::move(values));
  }
  return {{"columns", std::move(columns)}, {"data", std::move(data)}};
}

std::string signature_yaml(const MlflowModel& model) {
  Json inputs = Json::array();
  for (const RawColumn& column : model.raw_columns) {
    inputs.push_back({{"type", "any"}, {"name", column.name}, {"required", column.required}});
  }
  const Json outputs = Json::array(
      {{{"type", "tensor"}, {"tensor-spec", {{"dtype", "float64"}, {"shape", Json::array({-1})}}}}});
  return fmt::format("signature:\n  inputs: {}\n  outputs: {}\n  params: null\n", yaml_text(inputs.dump()),
                     yaml_text(outputs.dump()));
}

std::string metadata_yaml(const MlflowModel& model) {
  Json types = Json::object();
  for (const RawColumn& column : model.raw_columns) types[column.name] = column.type;
  std::string yaml = fmt::format("metadata:\n  raw_columns: {}\n", types.dump());
  for (const auto& [key, value] : model.metadata)
    yaml += fmt::format("  {}: {}\n", yaml_text(key), yaml_text(value));
  for (const HashedFile& file : kHashedFiles)
    yaml += fmt::format("  {}: {}\n", file.hash_key, yaml_text(sha256_hex(model.*file.content)));
  return yaml;
}

// "2026-11-23 18:22:32.750000", as MLflow writes a UTC time.
std::string mlflow_time(int64_t ms) {
  std::string text = format_utc_ms(ms);
  text[text.find('T')] = ' ';
  text.pop_back();
  return text + "000";
}

std::string mlmodel_yaml(const MlflowModel& model, uint64_t size_bytes) {
  // MLflow writes the folder's path here and reads the input example from it; the id outlives a move.
  const std::string artifact_path = model.model_id.empty() ? model.name : "models:/" + model.model_id;
  std::string yaml = fmt::format(
      "artifact_path: {}\n"
      "flavors:\n"
      "  onnx:\n"
      "    code: null\n"
      "    data: model.onnx\n"
      "    onnx_session_options:\n"
      "      intra_op_num_threads: 1\n"
      "    onnx_version: {}\n"
      "    providers:\n"
      "    - CPUExecutionProvider\n"
      "  python_function:\n"
      "    code: code\n"
      "    data: .\n"
      "    env:\n"
      "      conda: conda.yaml\n"
      "      virtualenv: python_env.yaml\n"
      "    {}\n"
      "    python_version: {}\n"
      "is_signature_from_type_hint: false\n",
      yaml_text(artifact_path), kOnnxVersion, kLoader, kPythonVersion);
  yaml += metadata_yaml(model);
  yaml += fmt::format("mlflow_version: {}\n", kMlflowVersion);
  if (!model.model_id.empty()) yaml += fmt::format("model_id: {0}\nmodel_uuid: {0}\n", model.model_id);
  yaml += fmt::format("model_size_bytes: {}\nprompts: null\n", size_bytes);
  if (!model.run_id.empty()) yaml += fmt::format("run_id: {}\n", yaml_text(model.run_id));
  if (!model.example_rows.empty()) {
    yaml +=
        "saved_input_example_info:\n"
        "  artifact_path: input_example.json\n"
        "  pandas_orient: split\n"
        "  serving_input_path: serving_input_example.json\n"
        "  type: dataframe\n";
  }
  yaml += signature_yaml(model);
  yaml +=
      fmt::format("type_hint_from_example: false\nutc_time_created: '{}'\n", mlflow_time(model.created_ms));
  return yaml;
}

// Quoted or not: MLflow's own tools write the file again in their way.
std::string recorded_hash(std::string_view mlmodel, std::string_view key) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  const size_t at = mlmodel.find(fmt::format("  {}: ", key));
  if (at == std::string_view::npos) return "";
  std::string_view value = mlmodel.substr(at + key.size() + 4);
  if (value.starts_with('"') || value.starts_with('\'')) value.remove_prefix(1);
  return std::string(value.substr(0, value.find_first_not_of(kDigits)));
}

}  // namespace

void write_mlflow_model(const std::filesystem::path& dir, const MlflowModel& model) {
  Folder folder(dir);
  for (const HashedFile& file : kHashedFiles) folder.write(file.name, model.*file.content);
  for (const auto& [name, content] : loader_files()) folder.write(fmt::format("code/{}", name), content);
  write_environments(folder, model);
  if (!model.example_rows.empty()) {
    const Json example = example_json(model);
    folder.write("input_example.json", example.dump());
    folder.write("serving_input_example.json", Json({{"dataframe_split", example}}).dump(2));
  }
  for (const auto& [name, content] : model.extra_files) folder.write(name, content);
  folder.write("MLmodel", mlmodel_yaml(model, folder.size_bytes()));
}

std::optional<std::vector<RecordedFile>> recorded_files(std::string_view mlmodel) {
  if (mlmodel.find(kLoader) == std::string_view::npos) return std::nullopt;
  std::vector<RecordedFile> files;
  files.reserve(kHashedFiles.size());
  for (const HashedFile& file : kHashedFiles) {
    files.push_back({std::string(file.name), recorded_hash(mlmodel, file.hash_key)});
  }
  return files;
}

}  // namespace tidemill::tracking
