#pragma once
// The quality report of a day of raw data.

#include <string>

#include "server/pages/html.h"
#include "storage/object_store.h"

namespace tidemill::server::pages {

struct QualityView {
  Html score{};  // and its dimensions; says so where the day was not checked
  Html rules{};  // those that failed first
};

// Errors: kCorrupted for a report that is none.
QualityView quality_view(const storage::ObjectStore& objects, const std::string& prefix);

}  // namespace tidemill::server::pages
