#pragma once
// Pages for people, one file a page.

#include <vector>

#include "server/call.h"

namespace tidemill::server::pages {

// Of all pages.
std::vector<Endpoint> endpoints();

std::vector<Endpoint> sign_in_endpoints();  // /login, /logout
std::vector<Endpoint> asset_endpoints();    // /static/...
std::vector<Endpoint> theme_endpoints();    // /theme
std::vector<Endpoint> event_endpoints();    // /ui/events

std::vector<Endpoint> dags_endpoints();         // /dags
std::vector<Endpoint> dag_endpoints();          // /dags/D
std::vector<Endpoint> trigger_endpoints();      // /dags/D/trigger
std::vector<Endpoint> dag_runs_endpoints();     // /dags/D/runs
std::vector<Endpoint> dag_details_endpoints();  // /dags/D/details
std::vector<Endpoint> backfills_endpoints();    // /dags/D/backfills
std::vector<Endpoint> run_endpoints();          // /dags/D/runs/R
std::vector<Endpoint> run_action_endpoints();   // what is done to a run and its tasks
std::vector<Endpoint> task_endpoints();         // /dags/D/runs/R/tasks/T
std::vector<Endpoint> task_log_endpoints();     // its lines, and its log as a file
std::vector<Endpoint> variables_endpoints();    // /variables
std::vector<Endpoint> pools_endpoints();        // /pools
std::vector<Endpoint> audit_log_endpoints();    // /log

std::vector<Endpoint> overview_endpoints();       // /
std::vector<Endpoint> data_endpoints();           // /data
std::vector<Endpoint> data_day_endpoints();       // /data/raw_data/2026-11-01
std::vector<Endpoint> models_endpoints();         // /models, /models/M
std::vector<Endpoint> model_version_endpoints();  // /models/M/versions/3
std::vector<Endpoint> model_compare_endpoints();  // /models/M/compare
std::vector<Endpoint> model_move_endpoints();     // promote, roll back
std::vector<Endpoint> experiment_endpoints();     // /experiments, /experiments/1
std::vector<Endpoint> tracked_run_endpoints();    // /runs/R

}  // namespace tidemill::server::pages
