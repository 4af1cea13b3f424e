// /dags/D/trigger: a run by hand, with its conf and logical date.

#include "base/error.h"
#include "base/json.h"
#include "server/pages/dag_frame.h"
#include "server/pages/endpoints.h"
#include "server/pages/form_values.h"
#include "server/pages/layout.h"
#include "server/pages/parts.h"

namespace tidemill::server::pages {
namespace {

using workflow::Dag;

const Dag& dag_of(Call& call) {
  return call.operations.dag(call.request.path_parameter("dag_id"));
}

// What is in the fields: nothing yet, or what somebody wrote that was refused.
struct Fields {
  std::string conf, logical_date, run_id, note;
};

net::Response form_page(Call& call, const Dag& dag, const Fields& fields, const std::string& problem) {
  const std::string path = dag_path(dag.id);
  Html body = crumbs({{"DAGs", "/dags"}, {dag.id, path}}, "Trigger");
  body += page_head("Trigger " + dag.id, dag.description, {});
  if (!problem.empty()) body += notice("bad", problem);
  if (is_paused(call, dag))
    body += notice("warn", "This DAG is paused: the run waits until it is switched on.");
  body += post_form(
      call, path + "/trigger", {{"class", "card stack"}},
      {text_area("Configuration", "conf", fields.conf, {{"rows", "6"}, {"spellcheck", "false"}},
                 "A JSON object that the tasks are given. A date to work on: {\"date\": \"2026-11-01\"}"),
       element("div", {{"class", "fields"}},
               {text_field("Logical date (UTC)", "logical_date", fields.logical_date,
                           {{"type", "datetime-local"}, {"step", "1"}}, "Now, when it is empty."),
                text_field("Run id", "run_id", fields.run_id, {{"maxlength", "250"}, {"autocomplete", "off"}},
                           "Made from the date, when it is empty.")}),
       text_field("Note", "note", fields.note, {{"maxlength", "1000"}}),
       element("div", {{"class", "actions"}},
               {element("button", {{"class", "primary"}}, {"Trigger"}),
                link(path, "Cancel", {{"class", "button quiet"}})})});
  return page(call, {"Trigger " + dag.id, "/dags"}, body, problem.empty() ? 200 : 422);
}

net::Response show_form(Call& call) {
  const Dag& dag = dag_of(call);
  const Json conf = Json::parse(dag.default_conf, nullptr, /*allow_exceptions=*/false);
  return form_page(call, dag, {conf.is_discarded() ? dag.default_conf : conf.dump(2), "", "", ""}, "");
}

net::Response trigger(Call& call) {
  const Dag& dag = dag_of(call);
  const Form form(call.request);
  const Fields fields = {whole_text(form, "conf"), trimmed(form, "logical_date"), trimmed(form, "run_id"),
                         trimmed(form, "note")};
  try {
    workflow::TriggerOptions options;
    if (!trimmed(form, "conf").empty()) options.conf = fields.conf;
    if (!fields.run_id.empty()) options.run_id = fields.run_id;
    if (!fields.note.empty()) options.note = fields.note;
    options.logical_date_ms = instant_value(form, "logical_date");
    const workflow::DagRun run = call.operations.trigger(dag.id, options);
    return done(run_path(dag.id, run.run_id), "triggered");
  } catch (const Error& error) {  // the form comes back with what was written in it
    if (error.code() != ErrorCode::kInvalidArgument && error.code() != ErrorCode::kAlreadyExists) throw;
    return form_page(call, dag, fields, error.message());
  }
}

}  // namespace

std::vector<Endpoint> trigger_endpoints() {
  return {{"GET", "/dags/{dag_id}/trigger", show_form}, {"POST", "/dags/{dag_id}/trigger", trigger}};
}

}  // namespace tidemill::server::pages
