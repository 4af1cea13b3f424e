// What is sent: Airflow's bodies (airflow.api_fastapi.core_api.datamodels).

#include "server/airflow/schema.h"

namespace tidemill::server::airflow {
namespace {

constexpr int64_t kMaxName = 250, kMaxPoolName = 256, kMaxNote = 1000;

Field note() {
  return text("note").optional().at_most(kMaxNote);
}

Field no_team() {
  return text("team_name").optional().at_most(50);
}

std::vector<Field> instants_of_batch(std::initializer_list<const char*> names) {
  std::vector<Field> fields;
  for (const std::string name : names) {
    for (const char* end : {"_gte", "_gt", "_lte", "_lt"}) fields.push_back(instant(name + end).optional());
  }
  return fields;
}

Schema batch(const char* name, std::vector<Field> own) {
  for (Field& field : instants_of_batch({"run_after", "logical_date", "start_date", "end_date"})) {
    own.push_back(std::move(field));
  }
  for (const char* end : {"_gte", "_gt", "_lte", "_lt"}) {
    own.push_back(number(std::string("duration") + end).optional());
  }
  own.push_back(integer("page_offset").optional(0).at_least(0));
  own.push_back(integer("page_limit").optional(100).at_least(0));
  own.push_back(text("order_by").optional());
  return {name, std::move(own)};
}

const std::vector<std::string> kReprocessBehaviors = {"failed", "completed", "none"};

}  // namespace

std::vector<Schema> body_schemas() {
  return {
      {"LoginBody", {text("username"), text("password")}},
      {"DAGPatchBody", {boolean("is_paused")}},
      {"TriggerDAGRunPostBody",
       {text("dag_run_id").optional().at_most(kMaxName), instant("data_interval_start").optional(),
        instant("data_interval_end").optional(), instant("logical_date").nullable(),
        instant("run_after").optional(), object("conf").optional(), text("note").optional().at_most(kMaxNote),
        text("partition_key").optional()}},
      {"DAGRunPatchBody", {text("state").optional().one_of({"queued", "success", "failed"}), note()}},
      {"DAGRunClearBody",
       {boolean("dry_run").optional(true), boolean("only_failed").optional(false),
        boolean("only_new").optional(false), boolean("run_on_latest_version").optional(), note()}},
      {"BulkDAGRunBody",
       {text("dag_run_id"), text("dag_id").optional(),
        text("state").optional().one_of({"queued", "success", "failed"}), note()}},
      {"BulkDAGRunClearBody",
       {document("dag_runs", "BulkDAGRunBody").list().optional(Json::array()),
        boolean("dry_run").optional(true), boolean("only_failed").optional(false),
        boolean("only_new").optional(false), boolean("run_on_latest_version").optional(), note(),
        text("partition_key").optional(), instant("partition_date_start").optional(),
        instant("partition_date_end").optional()}},
      batch("DAGRunsBatchBody", {text("dag_ids").list().optional(), text("states").list().optional(),
                                 text("conf_contains").optional()}),
      {"ClearTaskInstancesBody",
       {boolean("dry_run").optional(true), instant("start_date").optional(), instant("end_date").optional(),
        boolean("only_failed").optional(true), boolean("only_running").optional(false),
        boolean("reset_dag_runs").optional(true),
        any("task_ids").list().optional().about("Each a task's id, or [id, -1]."),
        text("dag_run_id").optional(), boolean("include_upstream").optional(false),
        boolean("include_downstream").optional(false), boolean("include_future").optional(false),
        boolean("include_past").optional(false), boolean("run_on_latest_version").optional(),
        boolean("prevent_running_task").optional(false), note()}},
      {"PatchTaskInstanceBody",
       {text("new_state").optional().one_of({"success", "failed", "skipped"}), note(),
        boolean("include_upstream").optional(false), boolean("include_downstream").optional(false),
        boolean("include_future").optional(false), boolean("include_past").optional(false)}},
      batch(
          "TaskInstancesBatchBody",
          {text("dag_ids").list().optional(), text("dag_run_ids").list().optional(),
           text("task_ids").list().optional(), any("state").list().optional(), text("pool").list().optional(),
           text("queue").list().optional(), text("executor").list().optional()}),
      {"VariableBody",
       {text("key").at_most(kMaxName), any("value"), text("description").optional(), no_team()}},
      {"PoolBody",
       {text("name").at_most(kMaxPoolName), integer("slots").at_least(-1), text("description").optional(),
        boolean("include_deferred").optional(false), no_team()}},
      {"PoolPatchBody",
       {text("pool").optional(), integer("slots").optional().at_least(-1), text("description").optional(),
        boolean("include_deferred").optional(), no_team()}},
      {"CreateAssetEventsBody",
       {integer("asset_id"), object("extra").optional(Json::object()), text("partition_key").optional(),
        object("access_control").optional()}},
      {"BackfillPostBody",
       {text("dag_id"), instant("from_date"), instant("to_date"), boolean("run_backwards").optional(false),
        object("dag_run_conf").optional(),
        text("reprocess_behavior").optional("none").one_of(kReprocessBehaviors),
        integer("max_active_runs").optional(10), boolean("run_on_latest_version").optional()}},
  };
}

}  // namespace tidemill::server::airflow
