#pragma once
#include <string>
#include <string_view>

#include "metadata/database.h"

namespace tidemill::metadata {

// A script without the lines that end with "-- sqlite" or "-- postgresql" and are not for this dialect.
std::string lines_for(Dialect dialect, std::string_view script);

}  // namespace tidemill::metadata
