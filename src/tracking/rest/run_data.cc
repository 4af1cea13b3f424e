// Metrics, params, tags, inputs and outputs of runs.

#include <algorithm>

#include "base/error.h"
#include "base/json.h"
#include "tracking/rest/json_entities.h"
#include "tracking/rest/rest_store.h"
#include "tracking/validation.h"

namespace tidemill::tracking::rest {
namespace {

// The server takes 1,000,000 bytes; the rest of the request needs some.
constexpr size_t kMaxBatchBytes = 990'000;

// A list in pieces that each fit into a request. One item always fits: values have their limits.
std::vector<Json> pieces_of(const Json& list) {
  std::vector<Json> pieces;
  size_t size = kMaxBatchBytes + 1;
  for (const Json& item : list) {
    const size_t item_size = item.dump(-1, ' ', false, Json::error_handler_t::replace).size() + 1;
    if (size + item_size > kMaxBatchBytes) {
      pieces.push_back(Json::array());
      size = 0;
    }
    pieces.back().push_back(item);
    size += item_size;
  }
  return pieces;
}

}  // namespace

void RestStore::log_batch(const std::string& run_id, const std::vector<Metric>& metrics,
                          const std::vector<Param>& params, const std::vector<Tag>& tags) {
  check_batch(metrics, params, tags);
  std::vector<Param> checked_params;
  std::vector<Tag> checked_tags;
  for (const Param& param : params) checked_params.push_back(checked_param(param));
  for (const Tag& tag : tags) checked_tags.push_back(checked_run_tag(tag));
  const Json lists = {{"metrics", metrics_to_json(metrics)},
                      {"params", params_to_json(checked_params)},
                      {"tags", tags_to_json(checked_tags)}};
  const auto log = [&](Json body) {
    body["run_id"] = run_id;
    send("POST", "runs/log-batch", body, net::Repeat::kAlways);
  };
  if (lists.dump(-1, ' ', false, Json::error_handler_t::replace).size() <= kMaxBatchBytes) return log(lists);
  // Params first: they are what can be refused.
  for (const char* what : {"params", "metrics", "tags"}) {
    for (Json& piece : pieces_of(lists[what])) log({{what, std::move(piece)}});
  }
}

void RestStore::set_tag(const std::string& run_id, const Tag& tag) {
  const Tag checked = checked_run_tag(tag);
  send("POST", "runs/set-tag",
       {{"run_id", run_id}, {"run_uuid", run_id}, {"key", checked.key}, {"value", checked.value}},
       net::Repeat::kAlways);
}

void RestStore::delete_tag(const std::string& run_id, const std::string& key) {
  send("POST", "runs/delete-tag", {{"run_id", run_id}, {"key", key}}, net::Repeat::kUnlessArrived);
}

std::vector<Metric> RestStore::get_metric_history(const std::string& run_id, const std::string& key) {
  std::vector<Metric> history;
  std::string token;
  do {
    Parameters parameters = {{"run_id", run_id}, {"metric_key", key}};
    if (!token.empty()) parameters.emplace_back("page_token", token);
    const Json answer = get("metrics/get-history", parameters);
    for (const Json& metric : list_in(answer, "metrics")) history.push_back(metric_from(metric));
    token = answer.value("next_page_token", "");
  } while (!token.empty());
  sort_history(history);
  return history;
}

void RestStore::log_inputs(const std::string& run_id, const std::vector<DatasetInput>& datasets,
                           const std::vector<std::string>& model_ids) {
  for (const DatasetInput& input : datasets) check_dataset_input(input);
  Json models = Json::array();
  for (const std::string& model_id : model_ids) models.push_back({{"model_id", model_id}});
  Json body = {{"run_id", run_id}, {"datasets", inputs_to_json(datasets)}};
  if (!models.empty()) body["models"] = std::move(models);
  send("POST", "runs/log-inputs", body, net::Repeat::kAlways);
}

void RestStore::log_outputs(const std::string& run_id, const std::vector<ModelOutput>& models) {
  // MLflow refuses an output that is there already.
  const auto missing = [&] {
    const Run run = get_run(run_id);
    Json list = Json::array();
    for (const ModelOutput& model : models) {
      if (std::ranges::find(run.model_outputs, model.model_id, &ModelOutput::model_id) ==
          run.model_outputs.end()) {
        list.push_back({{"model_id", model.model_id}, {"step", model.step}});
      }
    }
    return list;
  };
  const Json list = missing();
  if (list.empty()) return;
  create("runs/outputs", {{"run_id", run_id}, {"models", list}}, [&]() -> std::optional<Json> {
    if (!missing().empty()) return std::nullopt;
    return Json::object();
  });
}

}  // namespace tidemill::tracking::rest
