#pragma once
#include <filesystem>
#include <memory>
#include <string>

#include "tracking/store.h"

namespace tidemill::tracking::rest {

// The store on an MLflow server, "http://HOST:PORT"; see tracking/store.h. Nothing is sent yet.
std::unique_ptr<Store> open(const std::string& uri, const std::filesystem::path& base_dir,
                            const StoreOptions& options, const Clock& clock);

}  // namespace tidemill::tracking::rest
