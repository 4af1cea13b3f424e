#pragma once
// A fitted preparation as people read it: of a day of prepared data and of a model version.

#include "pipeline/preparation.h"
#include "server/pages/html.h"

namespace tidemill::server::pages {

Html preparation_view(const pipeline::Preparation& preparation);

}  // namespace tidemill::server::pages
