#pragma once
// What MLflow accepts as names, keys and values. Source: mlflow/utils/validation.py (3.17). Lengths count
// characters, not bytes. Where MLflow's patterns allow any Unicode letter, these allow any character outside
// ASCII. Every function throws kInvalidArgument saying what is wrong, and allows what MLflow allows.

#include <string>
#include <string_view>
#include <vector>

#include "tracking/entities.h"

namespace tidemill::tracking {

void check_experiment_name(std::string_view name);
void check_experiment_tag(const Tag& tag);
void check_run_id(std::string_view run_id);

// A batch as a whole: how many of each, no param twice, every metric's key and time.
void check_batch(const std::vector<Metric>& metrics, const std::vector<Param>& params,
                 const std::vector<Tag>& tags);
// Checked, and cut to 6000 and 8000 characters as MLflow does by default.
Param checked_param(const Param& param);
Tag checked_run_tag(const Tag& tag);

void check_dataset_input(const DatasetInput& input);
void check_logged_model_name(std::string_view name);

void check_model_name(std::string_view name);
void check_registered_model_tag(const Tag& tag);  // and model version tags
// The stage as MLflow writes it. Only the versions in Staging and Production can be archived by another's
// coming.
std::string checked_stage(std::string_view stage, bool archive_existing_versions);
void check_alias(std::string_view alias);
void check_alias_not_reserved(std::string_view alias);  // "latest", "v1"

}  // namespace tidemill::tracking
