#pragma once
// What a task is told of its run: the document in TaskLaunch::context.

#include <string>

#include "base/json.h"
#include "base/time_zone.h"
#include "workflow/records.h"
#include "workflow/store.h"

namespace tidemill::workflow {

// What the tasks of a run have in common. `run` need not be in the database.
struct RunContext {
  DagRun run;
  std::string ds;  // "2026-11-01": the day of its logical date, in the schedule's time zone
  Json events = Json::array(), conf;
  std::string upstream;  // JSON: what tasks returned, as they wrote it
};

// Cost: three small queries.
RunContext run_context(Store& store, DagRun run, const TimeZone& zone);

std::string task_context(const RunContext& context, const std::string& task_id, int try_number);

}  // namespace tidemill::workflow
