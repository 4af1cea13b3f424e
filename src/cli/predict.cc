// predict: raw rows from a file through a registered model, as MLflow's scoring server would answer.

#include <cmath>
#include <iostream>

#include <CLI/CLI.hpp>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "pipeline/registered_model.h"

namespace tidemill::cli {
namespace {

struct PredictArguments {
  std::string file;
  std::string model;
  bool features = false;
};

// The SELECT that reads the file, by its ending.
std::string reader_sql(const std::filesystem::path& file) {
  const std::string path = quote_literal(std::filesystem::absolute(file).string());
  const std::string ending = file.extension().string();
  if (ending == ".parquet") return "SELECT * FROM read_parquet(" + path + ")";
  if (ending == ".csv") return "SELECT * FROM read_csv(" + path + ", header = true)";
  if (ending == ".json" || ending == ".jsonl" || ending == ".ndjson") {
    return "SELECT * FROM read_json(" + path + ")";
  }
  throw Error(ErrorCode::kInvalidArgument, "'" + file.string() + "' ends in '" + ending +
                                               "': predict reads .csv, .json, .jsonl and .parquet");
}

Json features_json(const pipeline::FeatureRows& rows, const std::vector<std::string>& names) {
  Json records = Json::array();
  for (size_t row = 0; row < rows.row_count; ++row) {
    Json record = Json::object();
    for (size_t c = 0; c < names.size(); ++c) {
      const double value = rows.values[row * names.size() + c];
      record[names[c]] = std::isnan(value) ? Json(nullptr) : Json(value);
    }
    records.push_back(std::move(record));
  }
  return records;
}

void predict(CommandContext& context, const PredictArguments& arguments) {
  if (!std::filesystem::is_regular_file(arguments.file)) {
    throw Error(ErrorCode::kNotFound, "there is no file '" + arguments.file + "'");
  }
  Services& services = context.services();
  const pipeline::RegisteredModel model =
      pipeline::load_registered_model(arguments.model, services.tracking(), services.artifacts());
  const auto engine = services.engine_for_file(arguments.file);
  const auto session = engine->new_session();
  const pipeline::FeatureRows rows =
      pipeline::compute_features(model.preparation, reader_sql(arguments.file), *session);
  Json answer = {{"predictions", model.predict(rows)}};
  if (arguments.features) {
    answer["features"] = features_json(rows, model.preparation.preprocessing.input_names());
  }
  print_json(context.out, answer);
}

}  // namespace

void define_predict(CLI::App& parent, CommandContext& context) {
  const auto arguments = std::make_shared<PredictArguments>();
  CLI::App* command =
      parent.add_subcommand("predict", "predictions of a registered model for raw rows in a file");
  command->footer(
      "Examples:\n  tidemill predict customers.csv --model models:/customer_churn_model/Staging\n"
      "  tidemill predict customers.parquet --model models:/customer_churn_model/3 --features\n"
      "\nAnswers {\"predictions\": [...]}, one per row in the file's order.");
  command->add_option("file", arguments->file, "raw rows: .csv, .json (lines or array), .parquet")
      ->required();
  command->add_option("--model", arguments->model, "models:/NAME/STAGE, /VERSION or @ALIAS")
      ->required()
      ->type_name("URI");
  command->add_flag("--features", arguments->features, "also the rows that enter the ONNX graph, by name");
  command->add_flag_callback(
      "--json", [] {}, "the answer is always one JSON document");
  command->callback(
      [&context, arguments] { context.action = [&context, arguments] { predict(context, *arguments); }; });
}

}  // namespace tidemill::cli
