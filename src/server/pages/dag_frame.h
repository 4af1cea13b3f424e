#pragma once
// What the pages of one DAG share: where they stand, their name, switch, trigger and tabs.

#include <string>

#include "server/call.h"
#include "server/pages/html.h"
#include "workflow/dag.h"

namespace tidemill::server::pages {

// `tab` is the last part of the path: "", "runs", "backfills", "details".
net::Response dag_page(Call& call, const workflow::Dag& dag, const std::string& tab, const Html& body);
// Whether it is paused: as the database has it or, before the first scheduler, as it will begin.
bool is_paused(Call& call, const workflow::Dag& dag);
// "At 00:00", and as it is written: "0 0 * * *".
Html schedule_words(const workflow::Dag& dag);
// The run whose time comes next, nothing when there is none.
Html next_run(Call& call, const workflow::Dag& dag);

}  // namespace tidemill::server::pages
