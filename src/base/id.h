#pragma once
// Names that nobody else has. They come from the system's random source and are, with times, the only
// part of a run that a repeat does not reproduce.

#include <string>

namespace tidemill {

// 32 lower-case hex digits: a UUID4 without dashes, as MLflow's run ids.
std::string new_id();

}  // namespace tidemill
