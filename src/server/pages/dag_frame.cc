#include "server/pages/dag_frame.h"

#include <fmt/format.h>

#include "base/text.h"
#include "server/pages/layout.h"
#include "server/pages/parts.h"

namespace tidemill::server::pages {

using workflow::Dag;

bool is_paused(Call& call, const Dag& dag) {
  const auto state = call.operations.store().find_dag(dag.id);
  return state ? state->is_paused : dag.is_paused_upon_creation;
}

Html schedule_words(const Dag& dag) {
  const workflow::Timetable timetable = workflow::timetable_of(dag);
  if (!dag.schedule_assets.empty()) {
    return "When " + tidemill::join(dag.schedule_assets, dag.any_asset_is_enough ? " or " : " and ") +
           " is new";
  }
  if (timetable.kind() == workflow::Timetable::Kind::kNone) return "By hand";
  const std::string words = timetable.description();
  const std::string text = timetable.summary().value_or("");
  if (!timetable.is_periodic()) return words;
  const std::string zone = dag.time_zone == "UTC" ? "" : " " + dag.time_zone;
  return (words.empty() ? Html() : Html(words + zone + " ")) +
         element("code", {{"class", "muted nowrap"}}, {text});
}

Html next_run(Call& call, const Dag& dag) {
  const auto state = call.operations.store().find_dag(dag.id);
  if (!state || !state->next_run_after_ms) return {};
  return instant(state->next_run_after_ms);
}

net::Response dag_page(Call& call, const Dag& dag, const std::string& tab, const Html& body) {
  const std::string path = dag_path(dag.id);
  std::vector<Tab> all;
  for (const auto& [text, part] :
       {std::pair{"Overview", ""}, {"Runs", "runs"}, {"Backfills", "backfills"}, {"Details", "details"}}) {
    all.push_back({text, *part ? path + "/" + part : path, tab == part});
  }
  const Html next = next_run(call, dag);
  const Html below = schedule_words(dag) + (next.empty() ? Html() : Html(" · next ") + next);
  const Html head = page_head(
      dag.id, below,
      {live("switch", {pause_switch(call, dag.id, is_paused(call, dag), call.request.raw_path)}, "row"),
       link(path + "/trigger", "Trigger…", {{"class", "button primary"}})});
  return page(call, {dag.id, "/dags"},
              join({crumbs({{"DAGs", "/dags"}}, dag.id), done_notice(call), head,
                    tabs("Pages of this DAG", all), body}));
}

}  // namespace tidemill::server::pages
