#pragma once
// Proof that a scheduler is alive, whatever the clocks say.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>

#include "metadata/database.h"

namespace tidemill::workflow {

class Liveness {
 public:
  virtual ~Liveness() = default;
  // Held until release, or the end of the process, however it ends. Again for one that is held: makes sure
  // that it still is.
  virtual void hold(int64_t job_id) = 0;
  virtual void release(int64_t job_id) = 0;
  virtual bool is_alive(int64_t job_id) = 0;
};

// A locked file (flock) beside the database: for schedulers of one machine. Files of dead schedulers are
// removed when somebody asks for them. Errors: those of throw_system_error.
class FileLiveness final : public Liveness {
 public:
  // `folder` is made when it is not there.
  explicit FileLiveness(std::filesystem::path folder);
  ~FileLiveness() override;
  FileLiveness(const FileLiveness&) = delete;
  FileLiveness& operator=(const FileLiveness&) = delete;
  void hold(int64_t job_id) override;
  void release(int64_t job_id) override;
  bool is_alive(int64_t job_id) override;

 private:
  std::filesystem::path file_of(int64_t job_id) const;

  std::filesystem::path folder_;
  std::map<int64_t, int> held_;  // file descriptors by job
};

// An advisory lock of a PostgreSQL session, which ends with the connection: for schedulers of many machines.
// A server that was started less than `patience_s` ago has forgotten its locks: all are taken for alive until
// then, so that they can take them again. Errors: those of Database.
class SessionLiveness final : public Liveness {
 public:
  // The scheduler's own connection: without it, it cannot work either.
  explicit SessionLiveness(metadata::Database& database, int64_t patience_s = 30)
      : database_(database), patience_s_(patience_s) {}
  void hold(int64_t job_id) override;
  void release(int64_t job_id) override;
  bool is_alive(int64_t job_id) override;

 private:
  metadata::Database& database_;
  int64_t patience_s_;
};

// What fits the database. `folder` is for that of a machine.
std::unique_ptr<Liveness> make_liveness(metadata::Database& database, const std::filesystem::path& folder);

}  // namespace tidemill::workflow
