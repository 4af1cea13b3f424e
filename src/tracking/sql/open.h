#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "tracking/store.h"

namespace tidemill::tracking::sql {

// The store on a SQL database; see tracking/store.h.
std::unique_ptr<Store> open(const std::string& uri, const std::filesystem::path& base_dir,
                            const StoreOptions& options, const Clock& clock);

}  // namespace tidemill::tracking::sql
