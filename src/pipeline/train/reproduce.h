#pragma once
// A version trained again from its record: data by manifest hash, kind, parameters and seed.

#include <string>

#include "pipeline/train/training_data.h"
#include "tracking/store.h"

namespace tidemill::pipeline {

struct Reproduction {
  bool same_bytes = false;               // of model.onnx
  bool same_cpu_model = false;           // as the machine that trained it
  double prediction_difference_max = 0;  // over the test rows
  bool reproduced = false;               // same bytes, or on another CPU model predictions within 1e-6
  std::string summary;
};

// Errors: kNotFound for an unknown version or data that is gone, kCorrupted when the prepared data is no
// longer what the version saw, kNotImplemented for a model of kind "command".
Reproduction reproduce_version(tracking::Store& store, const storage::ObjectStore& artifacts,
                               engine::Engine& engine, const storage::ObjectStore& objects,
                               const std::string& registered_model, int version, int thread_count);

// The model name of this machine's CPU.
std::string cpu_model();

}  // namespace tidemill::pipeline
