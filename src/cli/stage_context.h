#pragma once
// From what app/ opened to what the stages take, and from what they return to JSON.

#include "base/json_fwd.h"
#include "cli/services.h"

namespace tidemill::cli {

dags::StageContext stage_context(Services& services, pipeline::Progress& progress);

Json to_json(const dags::DayOutcome& day);
Json to_json(const pipeline::IngestResult& result);
Json to_json(const pipeline::PrepareResult& result);
Json to_json(const pipeline::TrainingOutcome& outcome);

}  // namespace tidemill::cli
