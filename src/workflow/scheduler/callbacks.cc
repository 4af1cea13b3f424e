// Callbacks are written down with what caused them, and made after that is committed.

#include <fmt/format.h>

#include "base/json.h"
#include "workflow/log_files.h"
#include "workflow/scheduler/scheduler.h"

namespace tidemill::workflow {
namespace {

Json json_of(const Callback& callback) {
  return {{"name", callback.name},
          {"url", callback.url},
          {"url_variable", callback.url_variable},
          {"token_variable", callback.token_variable},
          {"command", callback.command},
          {"timeout_ms", callback.timeout_ms},
          {"retries", callback.retries}};
}

Callback callback_from(const std::string& text) {
  const Json json = parse_json(text, "a callback");
  Callback callback;
  callback.name = json.value("name", "");
  callback.url = json.value("url", "");
  callback.url_variable = json.value("url_variable", "");
  callback.token_variable = json.value("token_variable", "");
  callback.command = json.value("command", std::vector<std::string>());
  callback.timeout_ms = json.value("timeout_ms", callback.timeout_ms);
  callback.retries = json.value("retries", callback.retries);
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
    if (!callback.name.empty()) document["alert"] = callback.name;
    if (!why.empty()) document["error"] = why;
    store_.add_callback(json_of(callback).dump(),
                        document.dump(-1, ' ', false, Json::error_handler_t::replace), job_.id, now_ms_);
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

// One that was given up is told where people look for what happened.
void Scheduler::forget_callback(const FinishedCallback& call) {
  const auto made = store_.delete_callback(call.id);
  if (!made || call.error.empty()) return;
  const Json document = parse_json(made->document, "a callback's document");
  LogEntry entry;
  entry.dttm_ms = now_ms_;
  entry.event = "callback_failed";
  entry.dag_id = document.at("dag_id");
  entry.run_id = document.at("run_id");
  if (document.contains("task_id")) {
    entry.task_id = document["task_id"];
    entry.try_number = document.at("try_number");
  }
  entry.owner = "scheduler";
  entry.extra = fmt::format("{} ({}): {}", document.value("alert", "a callback"),
                            document.at("event").get<std::string>(), call.error);
  store_.log(entry);
}

}  // namespace tidemill::workflow
