#pragma once
// One writer per project: an flock on a hidden file, which the system releases when the process dies.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cli/services.h"

namespace tidemill::app {

// Waits up to `timeout_s` for the present writer; `on_wait` hears who that is ("process 4711 (tidemill
// run)"). Errors: kConflict after the timeout, kPermissionDenied when the folder cannot be written.
std::unique_ptr<cli::WriterLock> lock_project_dir(const std::filesystem::path& project_dir, int timeout_s,
                                                  const std::function<void(const std::string&)>& on_wait);

// Who holds the lock ("process 4711"); nullopt when nobody does. Makes no file.
// Errors: kPermissionDenied when this process could not take it.
std::optional<std::string> find_writer(const std::filesystem::path& project_dir);

}  // namespace tidemill::app
