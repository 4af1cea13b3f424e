// doctor: does everything this project needs work here? One line a check.

#include <algorithm>
#include <functional>
#include <iostream>
#include <set>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "cli/project_checks.h"
#include "models/model.h"
#include "models/onnx/model_graph.h"
#include "models/onnx/scorer.h"

namespace tidemill::cli {
namespace {

struct Check {
  std::string name;
  std::vector<std::string> needs;    // earlier checks, whose servers this one would ask again
  std::function<std::string()> run;  // what is fine; throws Error when it is not
};

constexpr const char* kProjectFile = "project file";

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

// A project that nothing was written to has its databases in memory.
std::string place_of(const std::string& uri) {
  return uri.ends_with(":memory:") ? "nothing there yet" : uri;
}

std::string check_project_file(Services& services) {
  const dags::ProjectOptions& options = services.options();
  return fmt::format("{}, {} models", options.name, options.train.models.size());
}

std::vector<Check> checks_of(CommandContext& context) {
  std::vector<Check> checks;
  const auto add = [&](const std::string& name, std::vector<std::string> needs,
                       std::string (*check)(Services&)) {
    if (name != kProjectFile) needs.push_back(kProjectFile);
    checks.push_back({name, std::move(needs), [&context, check] { return check(context.services()); }});
  };
  add(kProjectFile, {}, check_project_file);
  add("metadata", {}, [](Services& services) { return place_of(services.metadata().uri()); });
  add("writer lock", {"metadata"}, check_writer_lock);
  add("tracking", {}, [](Services& services) {
    services.do_not_wait_for_servers();
    services.tracking().get_experiment_by_name(services.options().experiment);  // a server must answer
    return place_of(services.tracking().uri());
  });
  add("disk", {"tracking"}, check_disk);
  add("objects", {}, check_objects);
  add("prepared data", {"metadata", "objects"}, check_prepared_data);
  add("artifacts", {"tracking"}, check_artifacts);
  add("SQL engine", {}, [](Services& services) { return "DuckDB " + services.engine().version(); });
  checks.push_back({"ONNX Runtime", {}, check_scoring});
  checks.push_back({"XGBoost", {}, check_boosting});
  return checks;
}

bool is_away(const Error& error) {
  return error.code() == ErrorCode::kUnavailable || error.code() == ErrorCode::kDeadlineExceeded;
}

void doctor(CommandContext& context, OutputFormat format) {
  std::vector<std::vector<std::string>> rows;
  std::set<std::string> missing;  // checks that failed so that what needs them cannot tell more
  for (const Check& check : checks_of(context)) {
    if (std::ranges::any_of(check.needs, [&](const std::string& name) { return missing.contains(name); })) {
      rows.push_back({check.name, "skipped", ""});
      continue;
    }
    try {
      rows.push_back({check.name, "ok", check.run()});
    } catch (const Error& error) {
      rows.push_back({check.name, "FAILED", error.message()});
      context.exit_code = 1;
      if (check.name == kProjectFile || is_away(error)) missing.insert(check.name);
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
