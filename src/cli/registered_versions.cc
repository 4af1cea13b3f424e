#include "cli/registered_versions.h"

#include <algorithm>

namespace tidemill::cli {

std::vector<tracking::ModelVersion> versions_of(tracking::Store& store, const std::string& name) {
  tracking::ModelVersionQuery query;
  query.conditions = {tracking::attribute_equals("name", name)};
  std::vector<tracking::ModelVersion> versions;
  do {
    tracking::Page<tracking::ModelVersion> page = store.search_model_versions(query);
    versions.insert(versions.end(), page.items.begin(), page.items.end());
    query.page.page_token = page.next_page_token;
  } while (!query.page.page_token.empty());
  std::sort(versions.begin(), versions.end(),
            [](const auto& a, const auto& b) { return a.version < b.version; });
  return versions;
}

}  // namespace tidemill::cli
