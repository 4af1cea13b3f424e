// [[alerts]]: who is told of what happens to runs and tasks.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "app/project_file/blocks.h"
#include "app/project_file/declare.h"
#include "app/project_file/reader.h"
#include "base/text.h"
#include "dags/tasks.h"

namespace tidemill::app {
namespace {

using dags::AlertOptions;
using Reference = workflow::DeadlineAlert::Reference;

constexpr std::array<Reference, 4> kReferences = {Reference::kRunAfter, Reference::kStartDate,
                                                  Reference::kQueuedAt, Reference::kLogicalDate};

std::vector<std::string> reference_names() {
  std::vector<std::string> names;
  for (const Reference reference : kReferences) names.emplace_back(name_of(reference));
  return names;
}

Reference reference_named(const std::string& name) {
  return *std::find_if(kReferences.begin(), kReferences.end(),
                       [&](Reference reference) { return name_of(reference) == name; });
}

void declare_targets(Declarations<AlertOptions>& d) {
  d.required("kind", Allowed::choice({"webhook", "command"}),
             "How it is told: a JSON document by POST, or to a program on its standard input.",
             [](AlertOptions&, const Value&) {});
  d.only_where({{"kind", {"webhook"}}});
  d.optional("url", Allowed::uri({"http", "https"}, {}),
             "Where the document goes, when nothing of it is secret.",
             [](AlertOptions& a, const Value& v) { a.callback.url = v.text; });
  d.optional("url_variable", Allowed::text("the name of an environment variable"),
             "Instead of url: the variable that holds it, for addresses with a secret in them.",
             [](AlertOptions& a, const Value& v) { a.callback.url_variable = v.text; });
  d.optional("token_variable", Allowed::text("the name of an environment variable"),
             "The variable with a token that is sent as `Authorization: Bearer TOKEN`.",
             [](AlertOptions& a, const Value& v) { a.callback.token_variable = v.text; });
  d.with_default(
      "retries", Allowed::integer(0, 100), "3",
      "How often it is sent again, with growing pauses, when nobody answers or the answer is busy.",
      [](AlertOptions& a, const Value& v) { a.callback.retries = static_cast<int>(v.integer); });
  d.only_where({{"kind", {"command"}}});
  d.required("command", Allowed::command(), "The program, started in the project's folder, without a shell.",
             [](AlertOptions& a, const Value& v) { a.callback.command = v.as_texts(); });
  d.always();
  d.with_default("timeout_s", Allowed::integer(1, 3600), "30",
                 "Seconds for one attempt; a program is ended then, with all that it started.",
                 [](AlertOptions& a, const Value& v) { a.callback.timeout_ms = v.integer * 1000; });
}

std::vector<Setting<AlertOptions>> declare_alerts() {
  Declarations<AlertOptions> d;
  d.section("alerts");
  d.required("name", Allowed::name(), "What the document and the logs call it; unique.",
             [](AlertOptions& a, const Value& v) { a.callback.name = v.text; });
  d.required("on", Allowed::choices(dags::alert_event_names()),
             "What it is told of: Airflow's callbacks of tasks and runs, and runs that are not over in time.",
             [](AlertOptions& a, const Value& v) { a.events = v.as_texts(); });
  declare_targets(d);
  d.with_default("dags", Allowed::texts("DAG ids"), "[]", "Of these DAGs alone; of all when empty.",
                 [](AlertOptions& a, const Value& v) { a.dags = v.as_texts(); });
  d.with_default("tasks", Allowed::texts("task ids"), "[]", "Of these tasks alone; of all when empty.",
                 [](AlertOptions& a, const Value& v) { a.tasks = v.as_texts(); });
  d.optional("deadline_s", Allowed::integer(1, 31'536'000),
             "Of \"deadline\": seconds after which a run should be over, counted from deadline_from.",
             [](AlertOptions& a, const Value& v) { a.deadline_s = v.integer; });
  d.only_where({{"deadline_s", {}}});
  d.with_default("deadline_from", Allowed::choice(reference_names()), "\"run_after\"",
                 "When the run was due, began, was queued, or its logical date.",
                 [](AlertOptions& a, const Value& v) { a.deadline_from = reference_named(v.text); });
  return d.take();
}

void check_ids(const char* key, const char* what, const Value& block, const std::vector<std::string>& known,
               Problems& problems) {
  const Member* given = block.find(key);
  if (given == nullptr || !given->value.is_list()) return;
  for (const Value& id : given->value.items) {
    if (!id.is_text() || std::find(known.begin(), known.end(), id.text) != known.end()) continue;
    const std::string near = did_you_mean(id.text, known);
    problems.add(id.place, fmt::format("alerts.{}: there is no {} '{}'{}", key, what, id.text,
                                       near.empty() ? "; there are " + join(known) : near));
  }
}

}  // namespace

const std::vector<Setting<AlertOptions>>& alert_settings() {
  static const std::vector<Setting<AlertOptions>> kSettings = declare_alerts();
  return kSettings;
}

AlertOptions read_alert(const Value& block, const std::vector<pipeline::ModelSpec>& models,
                        Problems& problems, EffectiveSection& effective) {
  AlertOptions alert;
  read_settings("alerts", block, alert_settings(), alert, problems, effective);
  const workflow::Callback& callback = alert.callback;
  const Member* kind = block.find("kind");
  if (kind != nullptr && kind->value.text == "webhook" &&
      (block.find("url") != nullptr) == (block.find("url_variable") != nullptr)) {
    problems.add(block.place, "a webhook has either 'alerts.url' or 'alerts.url_variable'");
  }
  if (!callback.url.empty() && without_password(callback.url) != callback.url) {
    problems.add(
        block.find("url")->value.place,
        "alerts.url has a password in it: put the address into an environment variable and name that "
        "with url_variable");
  }
  const bool wants_deadline =
      std::find(alert.events.begin(), alert.events.end(), "deadline") != alert.events.end();
  if (wants_deadline && block.find("deadline_s") == nullptr) {
    problems.add(block.place, "'alerts.deadline_s' is missing: \"deadline\" in 'on' needs it");
  }
  if (const Member* given = block.find("deadline_s");
      given != nullptr && !alert.events.empty() && !wants_deadline) {
    problems.add(given->place, "'alerts.deadline_s' has no effect without \"deadline\" in 'on'");
  }
  check_ids("dags", "DAG", block, dags::dag_ids(), problems);
  check_ids("tasks", "task", block, dags::task_ids(models), problems);
  return alert;
}

}  // namespace tidemill::app
