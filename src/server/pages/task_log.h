#pragma once
// The log of a try on the page of its task: the end of it first, followed live, searched by the server so
// that a log of any size is searched whole.

#include <filesystem>
#include <optional>

#include "server/call.h"
#include "server/pages/html.h"
#include "workflow/store.h"

namespace tidemill::server::pages {

Html log_view(Call& call, const workflow::TaskKey& key, int try_number);

// Where the log of a try is, by names from outside: nullopt when there is no such task in such a run.
std::optional<std::filesystem::path> log_of(Call& call, const workflow::TaskKey& key, int try_number);

}  // namespace tidemill::server::pages
