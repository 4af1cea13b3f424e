#pragma once
// What other programs watch: /health and /metrics.

#include <vector>

#include "server/call.h"

namespace tidemill::server {

std::vector<Endpoint> monitoring_endpoints();

}  // namespace tidemill::server
