#include "server/airflow/endpoints.h"

#include "server/call.h"
#include "server/monitoring.h"
#include "server/pages/endpoints.h"

namespace tidemill::server {

std::vector<Endpoint> all_endpoints() {
  std::vector<Endpoint> all;
  for (const auto& some : {airflow::endpoints(), pages::endpoints(), monitoring_endpoints()}) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace tidemill::server
