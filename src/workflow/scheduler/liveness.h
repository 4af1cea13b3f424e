#pragma once
// Proof that a scheduler is alive, whatever the clocks say.

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>

namespace tidemill::workflow {

class Liveness {
 public:
  virtual ~Liveness() = default;
  // Held until release, or the end of the process, however it ends.
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

}  // namespace tidemill::workflow
