// Schedulers, deadlines, and callbacks that are still to be made.

#include "workflow/store.h"
#include "workflow/store/columns.h"

namespace tidemill::workflow {

using namespace store;  // NOLINT(google-build-using-namespace): the rows of this module

int64_t Store::add_job(const Job& job) {
  return write_returning(
             "INSERT INTO job (job_type, state, hostname, pid, start_ms, latest_heartbeat_ms, end_ms) "
             "VALUES ('SchedulerJob', ?, ?, ?, ?, ?, ?) RETURNING id",
             {job.state, job.hostname, job.pid, job.start_ms, job.latest_heartbeat_ms, nullable(job.end_ms)})
      .front()
      .integer(0);
}

namespace {

std::vector<Job> jobs_from(const std::vector<Row>& rows) {
  std::vector<Job> jobs;
  for (const Row& row : rows) {
    Columns columns(row);
    Job job;
    job.id = columns.integer();
    job.state = columns.text();
    job.hostname = columns.text();
    job.pid = columns.integer();
    job.start_ms = columns.integer();
    job.latest_heartbeat_ms = columns.integer();
    job.end_ms = columns.optional_integer();
    jobs.push_back(std::move(job));
  }
  return jobs;
}

constexpr char kSelectJobs[] =
    "SELECT id, state, hostname, pid, start_ms, latest_heartbeat_ms, end_ms FROM job ";

}  // namespace

std::vector<Job> Store::running_jobs() {
  return jobs_from(database_.query(std::string(kSelectJobs) + "WHERE state = 'running' ORDER BY id"));
}

std::vector<Job> Store::list_jobs(const Page& page) {
  return jobs_from(database_.query(std::string(kSelectJobs) + "ORDER BY id DESC LIMIT ? OFFSET ?",
                                   Condition().values_with(page)));
}

int64_t Store::count_jobs() {
  return database_.query_first("SELECT count(*) FROM job")->integer(0);
}

bool Store::update_job(const Job& job) {
  return write(
             "UPDATE job SET state = ?, latest_heartbeat_ms = ?, end_ms = ? WHERE id = ? AND state = "
             "'running'",
             {job.state, job.latest_heartbeat_ms, nullable(job.end_ms), job.id}) == 1;
}

bool Store::beat(int64_t job_id, int64_t now_ms) {
  return database_.execute("UPDATE job SET latest_heartbeat_ms = ? WHERE id = ? AND state = 'running'",
                           {now_ms, job_id}) == 1;
}

bool Store::is_running(int64_t job_id) {
  return database_.query_first("SELECT 1 FROM job WHERE id = ? AND state = 'running'", {job_id}).has_value();
}

void Store::add_deadline(int64_t dag_run_id, int64_t position, int64_t deadline_ms) {
  write("INSERT INTO deadline (dag_run_id, position, deadline_ms) VALUES (?, ?, ?)",
        {dag_run_id, position, deadline_ms});
}

void Store::delete_deadlines(int64_t dag_run_id) {
  write("DELETE FROM deadline WHERE dag_run_id = ?", {dag_run_id});
}

std::vector<Store::DueDeadline> Store::take_due_deadlines(int64_t now_ms) {
  std::vector<DueDeadline> due;
  for (const Row& row : write_returning("DELETE FROM deadline WHERE deadline_ms <= ? "
                                        "RETURNING dag_run_id, position",
                                        {now_ms})) {
    due.push_back({row.integer(0), row.integer(1)});
  }
  return due;
}

std::optional<int64_t> Store::next_deadline_ms() {
  return database_.query_first("SELECT min(deadline_ms) FROM deadline")->optional_integer(0);
}

void Store::add_callback(const std::string& target, const std::string& document, int64_t job_id,
                         int64_t now_ms) {
  write("INSERT INTO callback (target, document, job_id, created_at_ms) VALUES (?, ?, ?, ?)",
        {target, document, job_id, now_ms});
}

std::vector<Store::PendingCallback> Store::pending_callbacks(int64_t job_id) {
  std::vector<PendingCallback> callbacks;
  for (const Row& row :
       database_.query("SELECT id, target, document FROM callback WHERE job_id = ? ORDER BY id", {job_id})) {
    callbacks.push_back({row.integer(0), row.text(1), row.text(2)});
  }
  return callbacks;
}

void Store::hand_over_callbacks(int64_t to_job_id) {
  write("UPDATE callback SET job_id = ? WHERE job_id NOT IN (SELECT id FROM job WHERE state = 'running')",
        {to_job_id});
}

std::optional<Store::PendingCallback> Store::delete_callback(int64_t id) {
  const auto rows = write_returning("DELETE FROM callback WHERE id = ? RETURNING id, target, document", {id});
  if (rows.empty()) return std::nullopt;
  return PendingCallback{rows[0].integer(0), rows[0].text(1), rows[0].text(2)};
}

}  // namespace tidemill::workflow
