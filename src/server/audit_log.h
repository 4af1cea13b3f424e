#pragma once
// Changes that are not workflow::Operations', in the audit log.

#include <string>

#include "server/call.h"

namespace tidemill::server {

// As the one who asks. Part of the caller's transaction.
void note_in_log(Call& call, const std::string& event, const std::string& extra);

}  // namespace tidemill::server
