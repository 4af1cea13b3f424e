#pragma once
// One writer per project, or several that know of each other, as the tasks of one scheduler do: an flock on a
// hidden file, which the system releases when the process dies. Where the project's state lives on a server,
// also a lock there, which the server releases with the connection.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "dags/services.h"
#include "metadata/database.h"

namespace tidemill::app {

// Waits up to `timeout_s` for the present writer; `on_wait` hears who that is ("process 4711 (tidemill
// run)"). Errors: kConflict after the timeout, kPermissionDenied when the folder cannot be written.
//
// `shared_database` is called once the folder's lock is held; what it gives outlives the lock, or is null.
// Errors also: those of the database.
std::unique_ptr<dags::WriterLock> lock_project(const std::filesystem::path& project_dir,
                                               metadata::LockMode mode,
                                               const std::function<metadata::Database*()>& shared_database,
                                               int timeout_s,
                                               const std::function<void(const std::string&)>& on_wait);

// Who holds the folder's lock ("process 4711"); nullopt when nobody does. Makes no file.
// Errors: kPermissionDenied when this process could not take it.
std::optional<std::string> find_writer(const std::filesystem::path& project_dir);

}  // namespace tidemill::app
