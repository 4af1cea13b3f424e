#pragma once
// A project, opened: what app/ hands to commands and to the server. Everything opens on first use, so that
// `variables get` does not pay for the SQL engine. Databases are made by the one who writes: without the
// writer lock, a project that has none yet reads as an empty one. For one thread at a time.

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "dags/stages.h"

namespace tidemill::dags {

// A writer of the project. Released on destruction, and by the system when the process dies.
class WriterLock {
 public:
  virtual ~WriterLock() = default;
};

class Services {
 public:
  virtual ~Services() = default;

  virtual const std::filesystem::path& project_dir() const = 0;
  virtual const dags::ProjectOptions& options() const = 0;
  // The project file with defaults filled in; `as_json` for machines.
  virtual std::string show_config(bool as_json) const = 0;

  virtual Clock& clock() = 0;
  virtual storage::ObjectStore& objects() = 0;
  // Another store of objects, by URI; what else it takes to reach it is as in [storage].
  virtual std::unique_ptr<storage::ObjectStore> open_objects(const std::string& uri) = 0;
  virtual storage::ObjectStore& artifacts() = 0;
  // Removes what killed writers left behind, so that it does not take the space of what comes. Only with the
  // writer lock. Needs no MLflow server: a day's data can be made while it is away.
  virtual void sweep() = 0;
  virtual engine::Engine& engine() = 0;
  // Gives back the memory of what engine() opened, if it did. No session of it may be left.
  virtual void close_engine() = 0;
  virtual metadata::Database& metadata() = 0;
  // The same, made where there is none yet: for changes that are one transaction and need no lock.
  virtual metadata::Database& metadata_for_writing() = 0;
  virtual tracking::Store& tracking() = 0;
  // For a command that only wants to know whether servers are there; to be called before tracking().
  virtual void do_not_wait_for_servers() = 0;
  // An engine that may also read this one file, for rows given on the command line.
  virtual std::unique_ptr<engine::Engine> engine_for_file(const std::filesystem::path& file) = 0;

  // Who writes the project now ("process 4711"). Errors: kPermissionDenied when this process could not.
  virtual std::optional<std::string> present_writer() = 0;

  // To be called before metadata() and tracking(). Exclusive for a command that works alone; shared by the
  // tasks of a scheduler, which sees to it that they do not get into each other's way. Waits up to
  // `timeout_s`, calling `on_wait(holder)` once if it has to. Errors: kConflict naming the holder.
  virtual std::unique_ptr<WriterLock> lock_for_writing(
      metadata::LockMode mode, int timeout_s, const std::function<void(const std::string&)>& on_wait) = 0;
};

}  // namespace tidemill::dags
