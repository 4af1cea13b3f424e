#pragma once
// What can be done to a run's tasks, as forms: for the page of a run and of a task.

#include <string>

#include "server/call.h"
#include "server/pages/html.h"
#include "workflow/store.h"

namespace tidemill::server::pages {

// The run of this request's path. Errors: kNotFound.
workflow::DagRun run_of(Call& call);

// Menus "Clear…" and "Mark as…". They are fields of a form that sends task_id as often as there are tasks.
Html clear_menu(const std::string& which);
Html mark_menu();

// Of a form as the menus send it, for the tasks it names; answers with where it went. `back` is the page that
// it came from.
net::Response act_on_tasks(Call& call, const workflow::DagRun& run, const std::string& back);

}  // namespace tidemill::server::pages
