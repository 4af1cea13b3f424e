// POST: a version to another stage, and back.

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "pipeline/promote/promote.h"
#include "server/audit_log.h"
#include "server/pages/endpoints.h"
#include "server/pages/form.h"
#include "server/pages/versions.h"

namespace tidemill::server::pages {
namespace {

constexpr int kLockTimeoutS = 2;  // a person waits

// As the commands do it: alone. Errors: kConflict naming who works on the project.
std::unique_ptr<dags::WriterLock> lock_project(Call& call) {
  std::string holder = "another process";
  try {
    return call.project.lock_for_writing(metadata::LockMode::kExclusive, kLockTimeoutS,
                                         [&holder](const std::string& who) { holder = who; });
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kConflict) throw;
    throw Error(ErrorCode::kConflict,
                fmt::format("nothing was changed: waited {} s for {}; try again when it has ended",
                            kLockTimeoutS, holder));
  }
}

// Who did it: for the audit log.
void log_move(Call& call, const std::string& event, const std::string& name, int64_t version,
              const std::string& stage) {
  note_in_log(call, event, Json{{"model", name}, {"version", version}, {"stage", stage}}.dump());
}

net::Response to_stage(Call& call) {
  const std::string stage = Form(call.request).required("stage");
  const std::string& name = call.request.path_parameter("name");
  const auto lock = lock_project(call);
  const TrackedVersion version = find_tracked_version(call, name, call.request.path_parameter("version"));
  const std::string moved_to = pipeline::move_to_stage(call.project.tracking(), name,
                                                       static_cast<int>(version.version.version), stage);
  log_move(call, "transition_model_version_stage", name, version.version.version, moved_to);
  return net::Response::redirect(
      fmt::format("{}?moved={}", version_path(name, version.version.version), moved_to), 303);
}

net::Response roll_back(Call& call) {
  const std::string from = Form(call.request).required("from");
  const std::string& name = call.request.path_parameter("name");
  const auto lock = lock_project(call);
  tracking::Store& store = call.project.tracking();
  const auto present = pipeline::production_version(store, name);
  if (present && std::to_string(*present) != from) {
    throw Error(ErrorCode::kConflict,
                fmt::format("nothing was changed: by now version {} is in Production", *present));
  }
  const int restored = pipeline::rollback_production(store, name);
  log_move(call, "roll_back_model_version", name, restored, std::string(tracking::kStageProduction));
  return net::Response::redirect(fmt::format("{}?moved={}", model_path(name), tracking::kStageProduction),
                                 303);
}

}  // namespace

std::vector<Endpoint> model_move_endpoints() {
  return {{"POST", "/models/{name}/versions/{version}/stage", to_stage},
          {"POST", "/models/{name}/rollback", roll_back}};
}

}  // namespace tidemill::server::pages
