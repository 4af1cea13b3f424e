#pragma once
// A tracking store's experiments, runs, logged models, registered models and versions, with their files, into
// a folder and from there into another store. Both through tracking::Store, so between any two kinds.
//
//   DIR/tracking.jsonl           one JSON document a line: transfer/records.h
//   DIR/artifacts/runs/<run id>/...
//   DIR/artifacts/models/<model id>/...
//
// Deleted experiments, runs and models are not moved. What the receiving store gives itself is not kept: ids
// (but for sqlite: and postgresql:, which take those of the runs and models), times of experiments, models
// and versions, and the numbers of versions when some between them were deleted.

#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/dataset.h"
#include "storage/object_store.h"
#include "tracking/store.h"

namespace tidemill::pipeline {

// On what an import has made: the id it had, and "done" once it is whole.
inline constexpr char kTagImportedFrom[] = "tidemill.imported_from";
inline constexpr char kTagImport[] = "tidemill.import";
inline constexpr char kImportDone[] = "done";

struct TransferScope {
  std::string experiment;
  std::string registered_model;
  bool all = false;  // every experiment and registered model of the store
};

// One row of what was moved.
struct TransferCount {
  std::string what;      // "runs"
  size_t count = 0;      // in the export
  size_t present = 0;    // of those, what an import had no need to make
  bool verified = true;  // found again by reading
};

// Writes `dir`, which must not exist; it appears whole or not at all. Errors: kAlreadyExists, those of the
// store, kInvalidArgument for files that lie outside the store's artifact root.
std::vector<TransferCount> export_tracking(tracking::Store& store, const storage::ObjectStore& artifacts,
                                           const TransferScope& scope, const std::filesystem::path& dir,
                                           Progress& progress);

// Makes what is not there yet, found by kTagImportedFrom; what was left half made is finished. Then reads
// everything again. Errors: kNotFound without an export in `dir`, kCorrupted when a file is not what was
// exported or something did not arrive.
std::vector<TransferCount> import_tracking(tracking::Store& store, storage::ObjectStore& artifacts,
                                           const std::filesystem::path& dir, Progress& progress);

}  // namespace tidemill::pipeline
