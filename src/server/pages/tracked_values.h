#pragma once
// Params, metrics and tags as tables.

#include <string>
#include <vector>

#include "server/pages/html.h"
#include "tracking/entities.h"

namespace tidemill::server::pages {

Html metrics_card(const std::vector<tracking::Metric>& metrics);
Html params_card(const std::vector<tracking::Param>& params);
Html tags_card(const std::vector<tracking::Tag>& tags);

}  // namespace tidemill::server::pages
