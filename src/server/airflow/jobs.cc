// GET /api/v2/jobs (airflow.api_fastapi.core_api.routes.public.job): schedulers, now and before.

#include <algorithm>

#include "server/airflow/lookups.h"
#include "server/airflow/query.h"

namespace tidemill::server::airflow {
namespace {

using workflow::Job;

const OrderNames kOrders = {{"id", "id"},
                            {"state", "state"},
                            {"job_type", "id"},
                            {"start_date", "start_date"},
                            {"end_date", "end_date"},
                            {"latest_heartbeat", "latest_heartbeat"},
                            {"hostname", "hostname"}};

bool is_wanted(const Job& job, const Json& query, int64_t now_ms) {
  constexpr int64_t kAliveMs = 30'000;  // Airflow's scheduler_health_check_threshold
  const auto state = optional_text(query, "job_state"), type = optional_text(query, "job_type");
  const auto host = optional_text(query, "hostname");
  if ((state && job.state != *state) || (type && *type != "SchedulerJob") ||
      (host && job.hostname != *host)) {
    return false;
  }
  if (optional_text(query, "executor_class")) return false;  // none has one
  const auto wants_alive = optional_boolean(query, "is_alive");
  const bool is_alive = job.state == "running" && now_ms - job.latest_heartbeat_ms < kAliveMs;
  if (wants_alive && *wants_alive != is_alive) return false;
  return is_within(job.start_ms, range_of(query, "start_date")) &&
         is_within(job.end_ms, range_of(query, "end_date"));
}

net::Response list(Call& call, const Input& input) {
  std::vector<Json> jobs;
  for (const Job& job : call.operations.store().list_jobs({-1})) {
    if (is_wanted(job, input.query, call.server.clock.now_ms())) jobs.push_back(job_document(job));
  }
  sort_by_first(jobs, order_of(input.query, kOrders, "id"));
  return net::Response::json(
      collection("jobs", page_of_items(jobs, page_of(input.query)), static_cast<int64_t>(jobs.size())));
}

}  // namespace

std::vector<Operation> job_operations() {
  return {{"GET", "/api/v2/jobs", list, "get_jobs", "Job", "List schedulers, now and before",
           joined({page_fields(kOrders),
                   {boolean("is_alive").optional(), text("job_state").optional(), text("job_type").optional(),
                    text("hostname").optional(), text("executor_class").optional()},
                   range_fields("start_date"),
                   range_fields("end_date")}),
           nullptr, "JobCollectionResponse"}};
}

}  // namespace tidemill::server::airflow
