// /log: who did what, newest first.

#include "server/pages/endpoints.h"
#include "server/pages/layout.h"
#include "server/pages/parts.h"

namespace tidemill::server::pages {
namespace {

constexpr int64_t kPageEntries = 100;
constexpr size_t kShownBytes = 300;

Html what_of(const workflow::LogEntry& entry) {
  if (!entry.dag_id || entry.dag_id->empty()) return {};
  Html what = link(dag_path(*entry.dag_id), *entry.dag_id);
  const bool has_run = entry.run_id && !entry.run_id->empty();
  if (has_run) what += " / " + link(run_path(*entry.dag_id, *entry.run_id), *entry.run_id);
  if (has_run && entry.task_id && !entry.task_id->empty()) {
    what += " / " + link(task_path({*entry.dag_id, *entry.run_id, *entry.task_id}), *entry.task_id);
  }
  return what;
}

net::Response show_log(Call& call) {
  workflow::LogFilter filter;
  filter.dag_id = parameter(call, "dag_id");
  filter.event = parameter(call, "event");
  filter.owner = parameter(call, "owner");
  const int64_t offset = page_offset(call);
  // One more tells whether there is another page: counting would read them all.
  auto entries = call.operations.store().list_log(filter, {kPageEntries + 1, offset});
  const bool has_more = static_cast<int64_t>(entries.size()) > kPageEntries;
  if (has_more) entries.pop_back();
  std::vector<TableRow> rows;
  for (const workflow::LogEntry& entry : entries) {
    rows.push_back({std::to_string(entry.id),
                    {instant(entry.dttm_ms), element("code", {}, {entry.event}), what_of(entry), entry.owner,
                     cut(entry.extra.value_or(""), kShownBytes)}});
  }
  std::vector<Choice> dags = {{"", "all"}};
  for (const workflow::Dag& dag : call.operations.dags()) dags.push_back({dag.id, dag.id});
  const Html filters = element(
      "form",
      {{"class", "filters"}, {"method", "get"}, {"action", "/log"}, {"data-instant", ""}, {"role", "search"}},
      {choice_field("DAG", "dag_id", filter.dag_id, dags),
       text_field("Event", "event", filter.event, {{"placeholder", "trigger_dag_run"}}),
       text_field("By", "owner", filter.owner, {{"placeholder", "admin"}}),
       element("button", {{"data-fallback", ""}}, {"Show"})});
  const auto shown = static_cast<int64_t>(rows.size());
  return page(
      call, {"Audit log", "/log"},
      join({page_head("Audit log", "What people and schedulers did, newest first", {}), filters,
            element("div", {{"id", "entries"}, {"class", "stack"}, {"data-live", ""}, {"data-region", ""}},
                    {table({{"When", "title"}, {"Event"}, {"What"}, {"By"}, {"More"}}, rows, "Nothing here."),
                     pager(call, offset, kPageEntries, shown, std::nullopt, has_more)})}));
}

}  // namespace

std::vector<Endpoint> audit_log_endpoints() {
  return {{"GET", "/log", show_log}};
}

}  // namespace tidemill::server::pages
