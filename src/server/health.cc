#include "server/health.h"

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "base/time_zone.h"

namespace tidemill::server {
namespace {

constexpr int64_t kHealthThresholdMs = 30'000;
constexpr char kHealthy[] = "healthy";
constexpr char kUnhealthy[] = "unhealthy";

}  // namespace

Json health_document(workflow::Store& store, int64_t now_ms) {
  Json scheduler = {{"status", kUnhealthy}, {"latest_scheduler_heartbeat", nullptr}};
  Json database = {{"status", kHealthy}};
  try {
    std::optional<int64_t> latest_ms;
    for (const workflow::Job& job : store.running_jobs()) {
      latest_ms = std::max(latest_ms.value_or(0), job.latest_heartbeat_ms);
    }
    if (latest_ms) {
      scheduler["latest_scheduler_heartbeat"] = TimeZone::utc().isoformat(*latest_ms);
      if (now_ms - *latest_ms < kHealthThresholdMs) scheduler["status"] = kHealthy;
    }
  } catch (const Error&) {
    database["status"] = kUnhealthy;  // which is what is asked for
  }
  return {{"metadatabase", database},
          {"scheduler", scheduler},
          {"triggerer", {{"status", nullptr}, {"latest_triggerer_heartbeat", nullptr}}},
          {"dag_processor", {{"status", nullptr}, {"latest_dag_processor_heartbeat", nullptr}}}};
}

bool is_healthy(const Json& health) {
  return health["metadatabase"]["status"] == kHealthy && health["scheduler"]["status"] == kHealthy;
}

}  // namespace tidemill::server
