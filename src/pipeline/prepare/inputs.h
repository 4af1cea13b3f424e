#pragma once
// What a preparation starts from: the raw days of the window, their splits, and the features there will be.

#include <string>
#include <vector>

#include "pipeline/prepare/feature_plan.h"
#include "pipeline/prepare/window.h"

namespace tidemill::pipeline {

struct PrepareInputs {
  Manifest latest_raw;  // of the last day that is not after the date
  FeaturePlan plan;
  std::vector<SplitDay> days;  // of the window

  std::string type_of(const std::string& name) const;  // a raw column's
};

// Splits the days that have no split yet. Errors: those of prepare().
PrepareInputs read_inputs(const PrepareOptions& options, Date date, engine::Engine& engine,
                          storage::ObjectStore& store, Progress& progress);

// Errors: kNotFound without raw data, kInvalidArgument for options that make no sense.
Manifest latest_raw_manifest(const PrepareOptions& options, Date date, const storage::ObjectStore& store);

// Errors: kInvalidArgument when a side would be empty.
void check_sides(const Window& window, const TableRoles& roles);

}  // namespace tidemill::pipeline
