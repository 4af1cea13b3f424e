#pragma once
// Whether a new version goes to Production, and moving versions between stages.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/promotion.h"
#include "tracking/store.h"

namespace tidemill::pipeline {

using MetricValues = std::map<std::string, double>;  // "test_rmse" -> 0.1234

// Every rule must hold, and with `better_than_production` the candidate must beat Production's metric on the
// same test set (unless there is no version in Production). No rules: never promoted.
// Source: mlflow/models/evaluation/validation.py (threshold <= or >=, min_absolute_change,
// min_relative_change against |baseline|); differs: `threshold` is strict, as the guide's "test_rmse < 0.10",
// and a change rule without a version in Production holds.
Promotion decide_promotion(const std::vector<PromotionRule>& rules, bool better_than_production,
                           const std::string& metric, const MetricValues& candidate,
                           const std::optional<MetricValues>& production);

// The version in Production; nullopt when there is none.
std::optional<int> production_version(tracking::Store& store, const std::string& model);

// What was decided about a version earlier; nullopt when nothing was.
std::optional<Promotion> recorded_promotion(tracking::Store& store, const std::string& model, int version);

// Writes the decision on the version (tags) and carries it out, in one commit where the store has them.
void apply_promotion(tracking::Store& store, const std::string& model, int version,
                     const Promotion& promotion);

// Carries out a decision that was recorded when something broke off before it was: the version is still in
// Staging. One that has been moved since, by a person, stays where it is.
void finish_promotion(tracking::Store& store, const std::string& model, int version,
                      const Promotion& promotion);

// Moves a version to Production with the alias champion; the version that was there is archived. One commit.
// Running it again changes nothing. Errors: kNotFound.
void promote_to_production(tracking::Store& store, const std::string& model, int version);

// Moves a version to any stage, as people ask for it: to Production as above; elsewhere it joins what is
// there. Returns the stage's name in MLflow's spelling. Errors: kInvalidArgument for another stage,
// kNotFound.
std::string move_to_stage(tracking::Store& store, const std::string& model, int version,
                          const std::string& stage);

// Puts the version that was in Production before the present one back, and archives the present one. Returns
// the version restored. Errors: kNotFound when there is no earlier one.
int rollback_production(tracking::Store& store, const std::string& model);

}  // namespace tidemill::pipeline
