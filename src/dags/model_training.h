#pragma once
// 03_model_training_pipeline, task by task, under the attempt protocol (metadata/attempts.h): what a killed
// training has made is found by its tag and finished, never made twice.

#include <optional>
#include <string>

#include "dags/stages.h"
#include "metadata/attempts.h"
#include "pipeline/train/training_data.h"

namespace tidemill::dags {

// Task "check for new data": the attempt to work on, opened or resumed, or why there is nothing to do.
struct NewDataCheck {
  std::optional<metadata::Attempt> attempt;
  bool resumed = false;
  std::string reason;
};

// New data is: latest_prepared_data differs from last_trained_data, or the data prepared for that date is not
// what the last training saw (by manifest hash). An open attempt is resumed if its data is still there, else
// abandoned with its runs marked KILLED. `force` opens an attempt even without new data.
NewDataCheck check_for_new_data(StageContext& context, bool force);

// Task "train <model>": the run of this attempt for one [[models]] block, made or found.
pipeline::TrainedModel train_model(StageContext& context, const metadata::Attempt& attempt,
                                   const pipeline::ModelSpec& spec, const pipeline::TrainingData& data);

// Task "select best": registers the best model as a new version in Staging (alias challenger), compares it
// with Production on the same test set and promotes it by rule.
void select_best(StageContext& context, const metadata::Attempt& attempt, const pipeline::TrainingData& data,
                 pipeline::TrainingOutcome& outcome);

// Task "update metadata": one transaction sets the Variables and closes the attempt. What a server that
// answered too late may have made besides is marked KILLED before.
void update_metadata(StageContext& context, const metadata::Attempt& attempt,
                     const pipeline::TrainingOutcome& outcome);

}  // namespace tidemill::dags
