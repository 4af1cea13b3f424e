#include "workflow/scheduler/liveness.h"

#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/error.h"

namespace tidemill::workflow {

FileLiveness::FileLiveness(std::filesystem::path folder) : folder_(std::move(folder)) {
  std::error_code failure;
  std::filesystem::create_directories(folder_, failure);
  if (failure) throw_system_error(failure.value(), "make folder", folder_.string());
}

FileLiveness::~FileLiveness() {
  while (!held_.empty()) release(held_.begin()->first);
}

std::filesystem::path FileLiveness::file_of(int64_t job_id) const {
  return folder_ / fmt::format("scheduler-{}.lock", job_id);
}

void FileLiveness::hold(int64_t job_id) {
  if (held_.contains(job_id)) return;
  const std::string path = file_of(job_id).string();
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) throw_system_error(errno, "open", path);
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    close(fd);
    throw_system_error(error, "lock", path);
  }
  held_[job_id] = fd;
}

void FileLiveness::release(int64_t job_id) {
  const auto found = held_.find(job_id);
  if (found == held_.end()) return;
  std::error_code ignored;  // a file that stays is removed by whoever asks for it next
  std::filesystem::remove(file_of(job_id), ignored);
  close(found->second);
  held_.erase(found);
}

bool FileLiveness::is_alive(int64_t job_id) {
  if (held_.contains(job_id)) return true;
  const std::string path = file_of(job_id).string();
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT) return false;
    throw_system_error(errno, "open", path);
  }
  const bool is_locked = flock(fd, LOCK_EX | LOCK_NB) != 0;
  const int error = errno;
  std::error_code ignored;
  if (!is_locked) std::filesystem::remove(path, ignored);
  close(fd);
  if (is_locked && error != EWOULDBLOCK) throw_system_error(error, "lock", path);
  return is_locked;
}

namespace {

// Of one schema: the SQL that finds a job's lock among those of the server. Two 32-bit keys make an advisory
// lock: the schema's schedulers and the job.
constexpr char kHeldLock[] =
    "FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 2 AND database = "
    "(SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) AND classid::bigint = "
    "(hashtext('schedulers of ' || COALESCE(current_schema(), ''))::bigint & 4294967295) AND "
    "objid::bigint = CAST(? AS BIGINT)";
constexpr char kKeys[] =
    "(hashtext('schedulers of ' || COALESCE(current_schema(), '')), CAST(CAST(? AS BIGINT) AS INTEGER))";

}  // namespace

void SessionLiveness::hold(int64_t job_id) {
  // Locks are counted: taken once, it is gone when it is released once.
  if (database_.query_first(fmt::format("SELECT 1 {} AND pid = pg_backend_pid()", kHeldLock), {job_id}))
    return;
  const auto row = database_.query_first(
      fmt::format("SELECT CASE WHEN pg_try_advisory_lock{} THEN 1 ELSE 0 END", kKeys), {job_id});
  if (row->integer(0) == 1) return;
  throw Error(ErrorCode::kConflict,
              fmt::format("scheduler {} of {} is another process", job_id, database_.uri()));
}

void SessionLiveness::release(int64_t job_id) {
  try {
    database_.query(fmt::format("SELECT CASE WHEN pg_advisory_unlock{} THEN 1 ELSE 0 END", kKeys), {job_id});
  } catch (const Error&) {
    // It went with the connection, or goes with the transaction's failure, and then with the connection.
  }
}

bool SessionLiveness::is_alive(int64_t job_id) {
  const auto row = database_.query_first(
      fmt::format("SELECT CASE WHEN EXISTS (SELECT 1 {}) OR pg_postmaster_start_time() > "
                  "now() - CAST(? AS BIGINT) * INTERVAL '1 second' THEN 1 ELSE 0 END",
                  kHeldLock),
      {job_id, patience_s_});
  return row->integer(0) == 1;
}

std::unique_ptr<Liveness> make_liveness(metadata::Database& database, const std::filesystem::path& folder) {
  if (database.is_on_a_server()) return std::make_unique<SessionLiveness>(database);
  return std::make_unique<FileLiveness>(folder);
}

}  // namespace tidemill::workflow
