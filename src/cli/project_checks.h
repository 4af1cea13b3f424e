#pragma once
// What doctor looks at in a project: each returns what is fine, and throws the Error that says what is not.
// They read and change nothing.

#include <string>

#include "cli/services.h"

namespace tidemill::cli {

// Errors: kConflict while another process writes, kPermissionDenied where this one could not.
std::string check_writer_lock(Services& services);

// Errors: kResourceExhausted when a file system of the project, its data or its artifacts is nearly full.
std::string check_disk(Services& services);

// Reads every byte that a manifest lists. Errors: kCorrupted also when a day is missing that another was made
// from.
std::string check_objects(Services& services);

// Errors: kCorrupted when the day that latest_prepared_data names is not there.
std::string check_prepared_data(Services& services);

// Reads the files of every version of the project's registered model. Errors: kCorrupted naming a file, and
// the other versions that are damaged.
std::string check_artifacts(Services& services);

}  // namespace tidemill::cli
