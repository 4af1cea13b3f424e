// doctor: does everything this project needs work here? One line a check.

#include <filesystem>
#include <functional>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "models/model.h"
#include "models/onnx/model_graph.h"
#include "models/onnx/scorer.h"

namespace tidemill::cli {
namespace {

struct Check {
  std::string name;
  std::function<std::string()> run;  // what is fine; throws Error when it is not
};

std::string check_objects(Services& services) {
  size_t datasets = 0;
  for (const storage::ObjectInfo& object : services.objects().list("")) {
    const std::string ending = std::string("/") + pipeline::kManifestFile;
    if (!object.key.ends_with(ending)) continue;
    const std::string prefix = object.key.substr(0, object.key.size() - ending.size());
    const auto manifest = pipeline::read_manifest(services.objects(), prefix);
    pipeline::verify_content(services.objects(), prefix, *manifest);
    ++datasets;
  }
  return fmt::format("{}: {} published folders are what their manifests say", services.objects().uri(),
                     datasets);
}

std::string check_disk(Services& services) {
  constexpr uint64_t kLowBytes = uint64_t{1} << 30;
  const uint64_t free_bytes = std::filesystem::space(services.project_dir()).available;
  if (free_bytes < kLowBytes) {
    throw Error(ErrorCode::kResourceExhausted, fmt::format("{} MB free, less than 1 GB", free_bytes >> 20));
  }
  return fmt::format("{} GB free", free_bytes >> 30);
}

// A graph of one column, built and run.
std::string check_scoring() {
  models::Preprocessing preprocessing;
  preprocessing.numeric.push_back({"x", 0, -1, 1, 0, 1});
  const onnx::Scorer scorer(onnx::build_preprocessing_onnx(preprocessing), "doctor");
  const double row = 2;
  return fmt::format("scores a graph (answer {})", scorer.predict(&row, 1).front());
}

// A tiny model, trained.
std::string check_boosting() {
  const models::ModelKind* kind = models::find_model_kind("xgboost");
  const std::vector<double> x = {0, 1, 2, 3}, y = {0, 0, 1, 1};
  const std::vector<float> x_f32(x.begin(), x.end());
  kind->fit({x.size(), 1, x.data(), x_f32.data(), y.data()}, models::complete_parameters(*kind, {}, "doctor"),
            {});
  return "trains a model";
}

std::vector<Check> checks_of(CommandContext& context) {
  return {
      {"project file",
       [&context] {
         const dags::ProjectOptions& options = context.services().options();
         return fmt::format("{}, {} models", options.name, options.train.models.size());
       }},
      {"writer lock",
       [&context] {
         context.services().lock_for_writing(0, [](const std::string&) {});
         return std::string("free");
       }},
      {"disk", [&context] { return check_disk(context.services()); }},
      {"objects", [&context] { return check_objects(context.services()); }},
      {"metadata", [&context] { return context.services().metadata().uri(); }},
      {"tracking", [&context] { return context.services().tracking().uri(); }},
      {"SQL engine", [&context] { return "DuckDB " + context.services().engine().version(); }},
      {"ONNX Runtime", check_scoring},
      {"XGBoost", check_boosting},
  };
}

void doctor(CommandContext& context, OutputFormat format) {
  std::vector<std::vector<std::string>> rows;
  for (const Check& check : checks_of(context)) {
    try {
      rows.push_back({check.name, "ok", check.run()});
    } catch (const Error& error) {
      rows.push_back({check.name, "FAILED", error.message()});
      context.exit_code = 1;
    }
  }
  print_rows(context.out, format, {"check", "result", "detail"}, rows);
}

}  // namespace

void define_doctor(CLI::App& parent, CommandContext& context) {
  const auto format = std::make_shared<OutputFormat>(OutputFormat::kTable);
  CLI::App* command = parent.add_subcommand(
      "doctor", "check that everything the project needs works here, and that stored data is undamaged");
  add_output_option(*command, *format);
  command->callback(
      [&context, format] { context.action = [&context, format] { doctor(context, *format); }; });
}

}  // namespace tidemill::cli
