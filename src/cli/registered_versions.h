#pragma once
#include <string>
#include <vector>

#include "tracking/store.h"

namespace tidemill::cli {

// The versions of the registered model `name`, the lowest first; none when there is no such model.
std::vector<tracking::ModelVersion> versions_of(tracking::Store& store, const std::string& name);

}  // namespace tidemill::cli
