// POST /dags/D/runs/R/tasks, .../state, .../note, .../delete.

#include <fmt/format.h>

#include "base/error.h"
#include "server/pages/endpoints.h"
#include "server/pages/form_values.h"
#include "server/pages/parts.h"
#include "server/pages/run_forms.h"
#include "workflow/log_files.h"

namespace tidemill::server::pages {
namespace {

using workflow::DagRun;

net::Response tasks(Call& call) {
  const DagRun run = run_of(call);
  return act_on_tasks(call, run, back_path(Form(call.request), run_path(run.dag_id, run.run_id)));
}

net::Response state(Call& call) {
  const Form form(call.request);
  const DagRun run = run_of(call);
  const std::string name = form.required("state");
  const auto wanted = workflow::run_state_named(name);
  if (!wanted) throw Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is no state of a run", name));
  call.operations.mark_run(run.dag_id, run.run_id, *wanted);
  return done(run_path(run.dag_id, run.run_id),
              *wanted == workflow::RunState::kQueued ? "cleared" : "marked");
}

net::Response note(Call& call) {
  const Form form(call.request);
  const DagRun run = run_of(call);
  call.operations.set_note(run.dag_id, run.run_id, whole_text(form, "note"));
  return done(run_path(run.dag_id, run.run_id), "noted");
}

net::Response delete_run(Call& call) {
  const DagRun run = run_of(call);
  call.operations.delete_run(run.dag_id, run.run_id);
  workflow::remove_run_logs(call.server.log_dir, run);
  return done(dag_path(run.dag_id) + "/runs", "run-deleted");
}

Html button(const std::string& action, const std::string& text, const std::string& css_class = "small") {
  return element("button", {{"name", "action"}, {"value", action}, {"class", css_class}}, {text});
}

}  // namespace

DagRun run_of(Call& call) {
  const std::string& dag_id = call.operations.dag(call.request.path_parameter("dag_id")).id;
  return call.operations.run(dag_id, call.request.path_parameter("run_id"));
}

Html clear_menu(const std::string& which) {
  return element(
      "details", {{"class", "menu"}},
      {element("summary", {{"class", "button"}}, {"Clear…"}),
       element("div", {},
               {element("p", {}, {which}),
                element("fieldset", {{"class", "stack tight"}},
                        {element("legend", {{"class", "visually-hidden"}}, {"What else is cleared"}),
                         check_box("and what follows on them", "include_downstream", true),
                         check_box("and what they follow on", "include_upstream"),
                         check_box("only those that failed", "only_failed")}),
                button("clear", "Clear and run again", "primary small")})});
}

Html mark_menu() {
  return element("details", {{"class", "menu"}},
                 {element("summary", {{"class", "button"}}, {"Mark as…"}),
                  element("div", {},
                          {element("p", {}, {"Whatever they did or do. What runs is ended."}),
                           element("div", {{"class", "row"}},
                                   {button("success", "Success"), button("failed", "Failed"),
                                    button("skipped", "Skipped")})})});
}

net::Response act_on_tasks(Call& call, const DagRun& run, const std::string& back) {
  const Form form(call.request);
  const std::string action = form.required("action");
  const std::vector<std::string> task_ids = form.values("task_id");
  for (const std::string& id : task_ids) call.operations.task(run.dag_id, id);
  if (action == "clear") {
    workflow::ClearOptions options;
    options.task_ids = task_ids;
    options.include_downstream = is_ticked(form, "include_downstream");
    options.include_upstream = is_ticked(form, "include_upstream");
    options.only_failed = is_ticked(form, "only_failed");
    return done(back, call.operations.clear(run.dag_id, run.run_id, options).empty() ? "nothing-to-clear"
                                                                                     : "cleared");
  }
  const auto state = workflow::task_state_named(action);
  if (!state)
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is nothing that can be done to a task", action));
  if (task_ids.empty()) throw Error(ErrorCode::kInvalidArgument, "tick the tasks that are to be marked");
  metadata::Transaction transaction(call.operations.store().database());  // all or none
  for (const std::string& id : task_ids) call.operations.mark({run.dag_id, run.run_id, id}, *state);
  transaction.commit();
  return done(back, "marked");
}

std::vector<Endpoint> run_action_endpoints() {
  return {{"POST", "/dags/{dag_id}/runs/{run_id}/tasks", tasks},
          {"POST", "/dags/{dag_id}/runs/{run_id}/state", state},
          {"POST", "/dags/{dag_id}/runs/{run_id}/note", note},
          {"POST", "/dags/{dag_id}/runs/{run_id}/delete", delete_run}};
}

}  // namespace tidemill::server::pages
