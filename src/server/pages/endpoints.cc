#include "server/pages/endpoints.h"

namespace tidemill::server::pages {

std::vector<Endpoint> endpoints() {
  std::vector<Endpoint> all;
  for (const auto& some : {
           sign_in_endpoints(),       asset_endpoints(),         theme_endpoints(),
           dags_endpoints(),          dag_endpoints(),           trigger_endpoints(),
           dag_runs_endpoints(),      dag_details_endpoints(),   backfills_endpoints(),
           run_endpoints(),           run_action_endpoints(),    task_endpoints(),
           task_log_endpoints(),      variables_endpoints(),     pools_endpoints(),
           audit_log_endpoints(),     event_endpoints(),         overview_endpoints(),
           data_endpoints(),          data_day_endpoints(),      models_endpoints(),
           model_version_endpoints(), model_compare_endpoints(), model_move_endpoints(),
           experiment_endpoints(),    tracked_run_endpoints(),
       }) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace tidemill::server::pages
