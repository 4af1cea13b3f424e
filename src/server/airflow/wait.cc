// GET /api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/wait
// (airflow.api_fastapi.core_api.routes.public.dag_run.wait_dag_run_until_finished).

#include <algorithm>

#include "server/airflow/lookups.h"
#include "server/airflow/query.h"
#include "server/airflow/wait_line.h"
#include "server/project_watcher.h"

namespace tidemill::server::airflow {
namespace {

constexpr double kMinIntervalS = 0.05, kMaxIntervalS = 3600;

net::Response wait(Call& call, const Input& input) {
  const workflow::DagRun run = find_run(call, input.text("dag_id"), input.text("dag_run_id"));
  const auto interval_s = input.query.at("interval").get<double>();
  if (interval_s <= 0) {
    Problems problems;
    problems.add("greater_than", {"query", "interval"}, "Input should be greater than 0",
                 std::string(call.request.query_value("interval").value_or("")), {{"gt", 0.0}});
    return refuse(422, problems.list());
  }
  net::StreamOptions options;
  options.keep_alive_ms = 0;  // the interval keeps it alive
  ProjectWatcher::Wait one;
  one.dag_id = run.dag_id;
  one.run_id = run.run_id;
  one.interval_ms = static_cast<int64_t>(std::clamp(interval_s, kMinIntervalS, kMaxIntervalS) * 1000);
  one.result_task_ids = texts_of(input.query, "result");
  one.writer = net::StreamWriter(options);
  one.writer.write(wait_line(call.operations.store(), run, one.result_task_ids));
  // As Airflow, without a type: its client refuses any but application/json.
  net::Response response = net::Response::stream(one.writer, "");
  if (is_finished(run.state)) {
    one.writer.close();
  } else {
    call.watcher.wait(std::move(one));
  }
  return response;
}

}  // namespace

std::vector<Operation> wait_operations() {
  return {{"GET",
           "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/wait",
           wait,
           "wait_dag_run_until_finished",
           "DagRun",
           "A run's state, a line each interval, until it has ended",
           {number("interval").about("In seconds."),
            text("result")
                .list()
                .optional(Json::array())
                .about("Tasks of which the last line holds what they returned.")},
           nullptr,
           nullptr,
           200,
           Access::kSignedIn,
           "application/x-ndjson"}};
}

}  // namespace tidemill::server::airflow
