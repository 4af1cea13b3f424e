#pragma once
// Whether the parts are alive, as Airflow's health document has it
// (airflow.api_fastapi.core_api.services.public.monitor).

#include <cstdint>

#include "base/json_fwd.h"
#include "workflow/store.h"

namespace tidemill::server {

// {"metadatabase": {"status"}, "scheduler": {"status", "latest_scheduler_heartbeat"}, ...}. The scheduler is
// "healthy" when one has given a sign of life within 30 s (Airflow's scheduler_health_check_threshold). There
// are no triggerer and DAG processor of their own: what they do the scheduler does.
Json health_document(workflow::Store& store, int64_t now_ms);

bool is_healthy(const Json& health);

}  // namespace tidemill::server
