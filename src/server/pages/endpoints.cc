#include "server/pages/endpoints.h"

namespace tidemill::server::pages {

std::vector<Endpoint> endpoints() {
  std::vector<Endpoint> all;
  for (const auto& some : {
           sign_in_endpoints(),
           asset_endpoints(),
           theme_endpoints(),
       }) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace tidemill::server::pages
