#include "server/airflow/endpoints.h"

namespace tidemill::server::airflow {

std::vector<Endpoint> endpoints() {
  std::vector<Endpoint> all;
  for (const auto& some : {monitor_endpoints(), token_endpoints()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace tidemill::server::airflow
