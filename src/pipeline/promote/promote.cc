#include "pipeline/promote/promote.h"

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace tidemill::pipeline {
namespace {

constexpr char kTagPromotion[] = "tidemill.promotion";
constexpr char kTagPromoted[] = "tidemill.promoted";
constexpr char kTagProductionVersion[] = "tidemill.production_version";  // compared against
constexpr char kTagProductionMetric[] = "tidemill.production_metric";
// Which version this one took over from in Production: the way back.
constexpr char kTagReplaced[] = "tidemill.replaced_version";

const std::string kProduction(tracking::kStageProduction);

}  // namespace

std::optional<int> production_version(tracking::Store& store, const std::string& model) {
  if (!store.find_registered_model(model)) return std::nullopt;
  const auto versions = store.get_latest_versions(model, {kProduction});
  if (versions.empty()) return std::nullopt;
  return static_cast<int>(versions.front().version);
}

std::optional<Promotion> recorded_promotion(tracking::Store& store, const std::string& model, int version) {
  const tracking::ModelVersion stored = store.get_model_version(model, version);
  const auto reason = stored.tag(kTagPromotion);
  if (!reason) return std::nullopt;
  Promotion promotion;
  promotion.reason = *reason;
  promotion.promoted = stored.tag(kTagPromoted) == "true";
  if (const auto against = stored.tag(kTagProductionVersion))
    promotion.production_version = std::stoi(*against);
  if (const auto metric = stored.tag(kTagProductionMetric)) promotion.production_metric = std::stod(*metric);
  return promotion;
}

void apply_promotion(tracking::Store& store, const std::string& model, int version,
                     const Promotion& promotion) {
  const auto batch = store.begin();
  store.set_model_version_tag(model, version, {kTagPromoted, promotion.promoted ? "true" : "false"});
  if (promotion.production_version) {
    store.set_model_version_tag(model, version,
                                {kTagProductionVersion, std::to_string(*promotion.production_version)});
  }
  if (promotion.production_metric) {
    store.set_model_version_tag(model, version,
                                {kTagProductionMetric, format_double(*promotion.production_metric)});
  }
  // Over REST every call stands for itself. This tag says that there is a decision: after the rest of it, and
  // before the move, after which Production would be compared with itself.
  store.set_model_version_tag(model, version, {kTagPromotion, promotion.reason});
  if (promotion.promoted) promote_to_production(store, model, version);
  batch->commit();
}

void finish_promotion(tracking::Store& store, const std::string& model, int version,
                      const Promotion& promotion) {
  if (!promotion.promoted) return;
  const std::string stage = store.get_model_version(model, version).current_stage;
  if (stage == tracking::kStageStaging) promote_to_production(store, model, version);
}

void promote_to_production(tracking::Store& store, const std::string& model, int version) {
  const auto batch = store.begin();
  const tracking::ModelVersion target = store.get_model_version(model, version);
  if (target.current_stage == kProduction) return;
  if (const auto replaced = production_version(store, model)) {
    store.set_model_version_tag(model, version, {kTagReplaced, std::to_string(*replaced)});
  }
  // The stage last, which says that all is done.
  store.set_registered_model_alias(model, kChampionAlias, version);
  store.transition_model_version_stage(model, version, kProduction, /*archive_existing_versions=*/true);
  batch->commit();
}

std::string move_to_stage(tracking::Store& store, const std::string& model, int version,
                          const std::string& stage) {
  std::string name = tracking::canonical_stage(stage);
  if (name == kProduction) {
    promote_to_production(store, model, version);
  } else {
    store.transition_model_version_stage(model, version, name, /*archive_existing_versions=*/false);
  }
  return name;
}

int rollback_production(tracking::Store& store, const std::string& model) {
  const auto batch = store.begin();
  const std::optional<int> present = production_version(store, model);
  if (!present) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("no version of '{}' is in Production: there is nothing to roll back", model));
  }
  const auto replaced = store.get_model_version(model, *present).tag(kTagReplaced);
  if (!replaced) {
    throw Error(
        ErrorCode::kNotFound,
        fmt::format("version {} of '{}' is the first that was in Production: there is no earlier one to roll "
                    "back to; promote another with 'tidemill models promote'",
                    *present, model));
  }
  const int earlier = std::stoi(*replaced);
  // The stage last: were it first and the alias lost, trying again would go back one more.
  store.set_registered_model_alias(model, kChampionAlias, earlier);
  store.transition_model_version_stage(model, earlier, kProduction, /*archive_existing_versions=*/true);
  batch->commit();
  return earlier;
}

}  // namespace tidemill::pipeline
