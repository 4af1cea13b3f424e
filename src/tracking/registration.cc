#include "tracking/registration.h"

#include <algorithm>

#include "base/json.h"

namespace tidemill::tracking {

ModelVersion register_logged_model(Store& store, const std::string& name, const std::string& model_id,
                                   const std::vector<Tag>& tags,
                                   const std::optional<std::string>& description) {
  const auto batch = store.begin();
  if (!store.find_registered_model(name)) store.create_registered_model(name);
  NewModelVersion request;
  request.name = name;
  request.source = "models:/" + model_id;
  request.description = description;
  request.tags = tags;
  ModelVersion version = store.create_model_version(request);

  const LoggedModel model = store.get_logged_model(model_id);
  const std::string key(kTagModelVersions);
  Json versions = parse_json(model.tag(key).value_or("[]"), "tag " + key + " of " + model_id);
  const Json made = {{"name", name}, {"version", version.version}};
  // An MLflow server has noted it already.
  if (std::ranges::find(versions, made) == versions.end()) {
    versions.push_back(made);
    store.set_logged_model_tags(model_id, {{key, versions.dump()}});
  }
  batch->commit();
  return version;
}

}  // namespace tidemill::tracking
