#pragma once
// Moving house: everything a project keeps in one store of objects, into another.

#include <cstdint>

#include "pipeline/dataset.h"

namespace tidemill::pipeline {

struct CopyOutcome {
  uint64_t copied_folder_count = 0;
  uint64_t present_folder_count = 0;  // already in `to`, equal, and left alone
  uint64_t object_count = 0;          // in copied folders
  uint64_t byte_count = 0;
};

// Copies folder by folder. A folder with a manifest is checked against it (sizes, SHA-256), published whole,
// and read back from `to`; other objects are put one by one. What `to` already holds equal stays, so a copy
// that was interrupted goes on where it was. Objects that only `to` has are left alone. Memory: the largest
// object. Errors: kCorrupted naming the object that is not what its manifest says, before anything of its
// folder is written; those of the stores.
CopyOutcome copy_objects(const storage::ObjectStore& from, storage::ObjectStore& to, Progress& progress);

}  // namespace tidemill::pipeline
