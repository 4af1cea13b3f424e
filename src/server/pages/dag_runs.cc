// /dags/D/runs: all runs of a DAG, by state and type, a page at a time.

#include <fmt/format.h>

#include "base/error.h"
#include "server/pages/dag_frame.h"
#include "server/pages/endpoints.h"
#include "server/pages/parts.h"

namespace tidemill::server::pages {
namespace {

constexpr int64_t kPageRuns = 50;

workflow::RunFilter filter_of(const Call& call, const std::string& dag_id) {
  workflow::RunFilter filter;
  filter.dag_id = dag_id;
  filter.order_by = "-run_after";
  const std::string state = parameter(call, "state"), type = parameter(call, "type");
  if (!state.empty()) {
    const auto known = workflow::run_state_named(state);
    if (!known) throw Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is no state of a run", state));
    filter.states = {*known};
  }
  if (!type.empty()) {
    const auto known = workflow::run_type_named(type);
    if (!known) throw Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is no type of run", type));
    filter.run_types = {*known};
  }
  return filter;
}

Html filters(const Call& call) {
  return element(
      "form",
      {{"class", "filters"}, {"method", "get"}, {"action", call.request.raw_path}, {"data-instant", ""}},
      {choice_field("State", "state", parameter(call, "state"),
                    {{"", "all"},
                     {"queued", "queued"},
                     {"running", "running"},
                     {"success", "success"},
                     {"failed", "failed"}}),
       choice_field("Type", "type", parameter(call, "type"),
                    {{"", "all"},
                     {"scheduled", "scheduled"},
                     {"manual", "manual"},
                     {"backfill", "backfill"},
                     {"asset_triggered", "by asset"}}),
       element("button", {{"data-fallback", ""}}, {"Show"})});
}

TableRow row_of(const workflow::DagRun& run, int64_t now_ms) {
  return {run.run_id,
          {link(run_path(run.dag_id, run.run_id), run.run_id), state_chip(name_of(run.state)),
           std::string(name_of(run.run_type)), instant(run.logical_date_ms), instant(run.start_ms),
           duration(run.start_ms, run.end_ms, now_ms), run.note ? Html(cut(*run.note, 120)) : Html()}};
}

net::Response show_runs(Call& call) {
  const workflow::Dag& dag = call.operations.dag(call.request.path_parameter("dag_id"));
  const workflow::RunFilter filter = filter_of(call, dag.id);
  workflow::Store& store = call.operations.store();
  const int64_t offset = page_offset(call), total = store.count_runs(filter);
  const int64_t now_ms = call.server.clock.now_ms();
  std::vector<TableRow> rows;
  for (const workflow::DagRun& run : store.list_runs(filter, {kPageRuns, offset}))
    rows.push_back(row_of(run, now_ms));
  const auto shown = static_cast<int64_t>(rows.size());
  const Html list =
      table({{"Run", "title"}, {"State"}, {"Type"}, {"Logical date"}, {"Started"}, {"Took", "num"}, {"Note"}},
            rows, "No runs here.");
  return dag_page(
      call, dag, "runs",
      filters(call) + element("div",
                              {{"id", "runs"}, {"class", "stack"}, {"data-live", ""}, {"data-region", ""}},
                              {list, pager(call, offset, kPageRuns, shown, total, offset + shown < total)}));
}

}  // namespace

std::vector<Endpoint> dag_runs_endpoints() {
  return {{"GET", "/dags/{dag_id}/runs", show_runs}};
}

}  // namespace tidemill::server::pages
