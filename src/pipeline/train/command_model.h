#pragma once
// kind = "command": a model in any language. The program gets the prepared data, parameters and an output
// folder, and leaves predictions and an MLflow model directory; see docs/guides/command-model.md.

#include "pipeline/train/candidate.h"

namespace tidemill::pipeline {

// Runs spec.command in `project_dir` with these in its environment:
//   TIDEMILL_TRAIN, TIDEMILL_TEST   paths of train.parquet and test.parquet (features as trained on, key,
//   target) TIDEMILL_TARGET, TIDEMILL_KEY   column names TIDEMILL_PARAMETERS             JSON object
//   TIDEMILL_OUTPUT                 an empty folder
//   TIDEMILL_SEED
// and reads from the output folder `predictions.csv` (header `prediction`, or `<key>,prediction`, one row per
// test row in order) and `model/` (an MLflow model directory with an MLmodel file).
// Errors: kInvalidArgument with the end of what the program printed when it fails, or naming what it did not
// leave behind.
Candidate run_command_model(const ModelSpec& spec, const TrainingData& data, uint64_t seed,
                            const std::filesystem::path& project_dir, const std::filesystem::path& output_dir,
                            const storage::ObjectStore& store);

}  // namespace tidemill::pipeline
