// /dags/D/backfills: runs for days gone by, made, stopped and cancelled.

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "server/pages/dag_frame.h"
#include "server/pages/endpoints.h"
#include "server/pages/form_values.h"
#include "server/pages/parts.h"

namespace tidemill::server::pages {
namespace {

using workflow::Backfill;
using workflow::Dag;

constexpr size_t kShownBackfills = 20;

const Dag& dag_of(Call& call) {
  return call.operations.dag(call.request.path_parameter("dag_id"));
}

Html actions_of(const Call& call, const Backfill& backfill) {
  if (backfill.completed_at_ms) return {};
  const std::string path = fmt::format("{}/backfills/{}", dag_path(backfill.dag_id), backfill.id);
  const Html pause =
      post_form(call, path + "/pause", {},
                {hidden("is_paused", backfill.is_paused ? "false" : "true"),
                 element("button", {{"class", "small"}}, {backfill.is_paused ? "Go on" : "Pause"})});
  return pause + " " +
         confirm(call, "Cancel…", "Runs that are queued fail; what runs goes on.", path + "/cancel",
                 "Cancel it", {}, fmt::format("backfill {}", backfill.id));
}

// What was queued when it was cancelled failed at that moment, without having started.
bool is_cancelled(const Backfill& backfill, const std::vector<workflow::DagRun>& runs) {
  return std::any_of(runs.begin(), runs.end(), [&](const workflow::DagRun& run) {
    return run.state == workflow::RunState::kFailed && !run.start_ms &&
           run.end_ms == backfill.completed_at_ms;
  });
}

std::string state_of(const Backfill& backfill, const std::vector<workflow::DagRun>& runs) {
  if (!backfill.completed_at_ms) return backfill.is_paused ? "paused" : "running";
  if (is_cancelled(backfill, runs)) return "cancelled";
  const bool is_over = std::all_of(runs.begin(), runs.end(),
                                   [](const workflow::DagRun& run) { return is_finished(run.state); });
  if (!is_over) return "running";
  const bool has_failed = std::any_of(runs.begin(), runs.end(), [](const workflow::DagRun& run) {
    return run.state == workflow::RunState::kFailed;
  });
  return has_failed ? "failed" : "success";
}

TableRow row_of(Call& call, const Backfill& backfill) {
  using workflow::RunState;
  workflow::RunFilter filter;
  filter.backfill_id = backfill.id;
  const std::vector<workflow::DagRun> all = call.operations.store().list_runs(filter, {-1});
  const auto count = [&](RunState state) {
    return std::count_if(all.begin(), all.end(),
                         [&](const workflow::DagRun& run) { return run.state == state; });
  };
  const auto ended = count(RunState::kSuccess), failed = count(RunState::kFailed);
  int64_t left_out = 0;
  for (const workflow::BackfillRun& run : call.operations.store().runs_of_backfill(backfill.id)) {
    if (run.exception_reason) ++left_out;
  }
  std::string runs = fmt::format("{} of {} done", ended, all.size());
  if (failed > 0) runs += fmt::format(", {} failed", failed);
  if (left_out > 0) runs += fmt::format(", {} have a run already", left_out);
  return {std::to_string(backfill.id),
          {std::to_string(backfill.id), state_chip(state_of(backfill, all)), instant(backfill.from_ms),
           instant(backfill.to_ms), runs, std::string(name_of(backfill.reprocess_behavior)),
           instant(backfill.created_at_ms), actions_of(call, backfill)}};
}

Html new_backfill(const Call& call, const Dag& dag, const Form* sent, const std::string& problem) {
  const auto value = [&](std::string_view name) { return sent ? trimmed(*sent, name) : std::string(); };
  const std::string conf = sent ? whole_text(*sent, "conf") : dag.default_conf;
  const std::string at_once =
      sent ? value("max_active_runs") : std::to_string(std::min(dag.max_active_runs, 10));
  return post_form(
      call, dag_path(dag.id) + "/backfills", {{"class", "stack"}},
      {problem.empty() ? Html() : notice("bad", problem),
       element(
           "div", {{"class", "fields"}},
           {text_field("From (UTC)", "from", value("from"), {{"type", "datetime-local"}, {"required", ""}}),
            text_field("To, included", "to", value("to"), {{"type", "datetime-local"}, {"required", ""}}),
            choice_field(
                "Days that have a run", "reprocess_behavior", value("reprocess_behavior"),
                {{"none", "are left alone"}, {"failed", "run again if failed"}, {"completed", "run again"}}),
            text_field("Runs at once", "max_active_runs", at_once,
                       {{"type", "number"}, {"min", "1"}, {"max", "1000"}})}),
       text_area("Configuration", "conf", conf, {{"rows", "3"}, {"spellcheck", "false"}}),
       check_box("Newest first", "run_backwards", sent && is_ticked(*sent, "run_backwards")),
       element("div", {{"class", "actions"}}, {element("button", {{"class", "primary"}}, {"Create"})})});
}

net::Response show(Call& call, const Form* sent, const std::string& problem) {
  const Dag& dag = dag_of(call);
  std::vector<Backfill> backfills = call.operations.store().list_backfills(dag.id);
  std::sort(backfills.begin(), backfills.end(), [](const auto& a, const auto& b) { return a.id > b.id; });
  if (backfills.size() > kShownBackfills) backfills.resize(kShownBackfills);
  std::vector<TableRow> rows;
  for (const Backfill& backfill : backfills) rows.push_back(row_of(call, backfill));
  const Html list = table({{"Backfill", "title"},
                           {"State"},
                           {"From"},
                           {"To"},
                           {"Runs"},
                           {"Existing runs"},
                           {"Created"},
                           {"Actions", "actions"}},
                          rows, "None yet.");
  const bool is_possible = workflow::timetable_of(dag).is_periodic();
  const Html form = is_possible
                        ? card("New backfill", {new_backfill(call, dag, sent, problem)})
                        : notice("info", "Backfills are for DAGs with a cron schedule; this one has none.");
  net::Response response = dag_page(call, dag, "backfills",
                                    rows.empty() && !is_possible ? form : live("backfills", {list}) + form);
  if (!problem.empty()) response.set_status(422);
  return response;
}

net::Response show_backfills(Call& call) {
  return show(call, nullptr, "");
}

net::Response create(Call& call) {
  const Form form(call.request);
  const Dag& dag = dag_of(call);
  try {
    workflow::BackfillOptions options;
    const auto from_ms = instant_value(form, "from"), to_ms = instant_value(form, "to");
    if (!from_ms || !to_ms)
      throw Error(ErrorCode::kInvalidArgument, "a backfill needs its first and its last day");
    options.from_ms = *from_ms;
    options.to_ms = *to_ms;
    options.max_active_runs =
        static_cast<int>(std::clamp<int64_t>(integer_value(form, "max_active_runs").value_or(10), 1, 1000));
    options.reprocess_behavior = workflow::reprocess_behavior_named(trimmed(form, "reprocess_behavior"))
                                     .value_or(workflow::ReprocessBehavior::kNone);
    options.run_backwards = is_ticked(form, "run_backwards");
    if (!trimmed(form, "conf").empty()) options.conf = whole_text(form, "conf");
    call.operations.create_backfill(dag.id, options);
  } catch (const Error& error) {  // the form comes back with what was written in it
    if (error.code() != ErrorCode::kInvalidArgument && error.code() != ErrorCode::kConflict) throw;
    return show(call, &form, error.message());
  }
  return done(dag_path(dag.id) + "/backfills", "backfill-created");
}

// Errors: kNotFound for one of another DAG.
int64_t backfill_id(Call& call) {
  const std::string& text = call.request.path_parameter("backfill_id");
  if (const auto id = whole_number(text)) {
    const auto found = call.operations.store().find_backfill(*id);
    if (found && found->dag_id == dag_of(call).id) return *id;
  }
  throw Error(ErrorCode::kNotFound, fmt::format("there is no backfill {} of this DAG", text));
}

net::Response pause(Call& call) {
  const Form form(call.request);
  const bool is_paused = is_ticked(form, "is_paused");
  call.operations.pause_backfill(backfill_id(call), is_paused);
  return done(dag_path(dag_of(call).id) + "/backfills", is_paused ? "paused" : "unpaused");
}

net::Response cancel(Call& call) {
  call.operations.cancel_backfill(backfill_id(call));
  return done(dag_path(dag_of(call).id) + "/backfills", "backfill-canceled");
}

}  // namespace

std::vector<Endpoint> backfills_endpoints() {
  return {{"GET", "/dags/{dag_id}/backfills", show_backfills},
          {"POST", "/dags/{dag_id}/backfills", create},
          {"POST", "/dags/{dag_id}/backfills/{backfill_id}/pause", pause},
          {"POST", "/dags/{dag_id}/backfills/{backfill_id}/cancel", cancel}};
}

}  // namespace tidemill::server::pages
