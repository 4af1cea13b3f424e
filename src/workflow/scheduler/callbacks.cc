// Callbacks are written down with what caused them, and made after that is committed.

#include "base/json.h"
#include "workflow/scheduler/scheduler.h"

namespace tidemill::workflow {
namespace {

Json json_of(const Callback& callback) {
  return callback.url.empty() ? Json{{"command", callback.command}} : Json{{"url", callback.url}};
}

Callback callback_from(const std::string& text) {
  const Json json = parse_json(text, "a callback");
  Callback callback;
  callback.url = json.value("url", "");
  if (callback.url.empty()) callback.command = json.at("command").get<std::vector<std::string>>();
  return callback;
}

}  // namespace

void Scheduler::call_back(const std::vector<Callback>& callbacks, const std::string& event,
                          const TaskInstance& instance, const std::string& why) {
  if (callbacks.empty()) return;
  const auto run = store_.find_run(instance.dag_id, instance.run_id);
  if (run) call_back(callbacks, event, *run, &instance, why);
}

void Scheduler::call_back(const std::vector<Callback>& callbacks, const std::string& event, const DagRun& run,
                          const TaskInstance* instance, const std::string& why) {
  for (const Callback& callback : callbacks) {
    Json document = {
        {"event", event}, {"dag_id", run.dag_id}, {"run_id", run.run_id}, {"state", name_of(run.state)}};
    if (run.logical_date_ms) document["logical_date"] = TimeZone::utc().isoformat(*run.logical_date_ms);
    if (instance != nullptr) {
      document["task_id"] = instance->task_id;
      document["try_number"] = instance->try_number;
      document["state"] = instance->state ? std::string(name_of(*instance->state)) : "";
      document["log_file"] = log_file(options_.log_dir, *instance);
    }
    if (!why.empty()) document["error"] = why;
    store_.add_callback(json_of(callback).dump(), document.dump(), job_.id, now_ms_);
    has_new_callbacks_ = true;
  }
}

void Scheduler::submit_callbacks() {
  for (const Store::PendingCallback& pending : store_.pending_callbacks(job_.id)) {
    if (submitted_callbacks_.contains(pending.id)) continue;
    callbacks_.submit({pending.id, callback_from(pending.target), pending.document});
    submitted_callbacks_.insert(pending.id);
  }
}

}  // namespace tidemill::workflow
