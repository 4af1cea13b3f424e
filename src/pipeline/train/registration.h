#pragma once
// The best model of an attempt as a version of the registered model.

#include <map>
#include <optional>
#include <string>

#include "pipeline/train/train.h"
#include "pipeline/train/training_data.h"
#include "tracking/store.h"

namespace tidemill::pipeline {

// Makes the version in Staging with the alias challenger, in one commit; earlier versions stay as they are.
// If the attempt already has its version, that one is returned.
int register_best(tracking::Store& store, const std::string& registered_model, const std::string& attempt_id,
                  const TrainedModel& best, const std::string& data_date);

// A registered version's metrics ("test_rmse", ...) on the test side of `data`, raw rows through its own
// features. nullopt for a version made by a command, which only MLflow can load.
std::optional<std::map<std::string, double>> evaluate_version(tracking::Store& store,
                                                              const storage::ObjectStore& artifacts,
                                                              engine::Engine& engine,
                                                              const storage::ObjectStore& objects,
                                                              const std::string& registered_model,
                                                              int version, const TrainingData& data);

}  // namespace tidemill::pipeline
