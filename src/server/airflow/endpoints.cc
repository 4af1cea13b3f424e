#include "server/airflow/endpoints.h"

#include "base/json.h"
#include "server/airflow/openapi.h"
#include "server/airflow/operation.h"

namespace tidemill::server::airflow {
namespace {

constexpr uint64_t kMaxBodyBytes = 1 << 20, kMaxLoginBytes = 16 << 10;

net::Response describe(Call& call) {
  static const std::string kDocument = openapi_document(call.server.version).dump();  // of this program
  return net::Response::json_text(kDocument);
}

}  // namespace

std::vector<Endpoint> endpoints() {
  std::vector<Endpoint> all = {{"GET", "/openapi.json", describe, Access::kAnyone},
                               {"GET", "/api/v2/openapi.json", describe, Access::kAnyone}};
  for (const Operation& one : operations()) {
    const uint64_t max_body_bytes = one.access == Access::kAnyone ? kMaxLoginBytes : kMaxBodyBytes;
    all.push_back({one.method, one.path, run_operation, one.access, max_body_bytes});
  }
  return all;
}

}  // namespace tidemill::server::airflow
