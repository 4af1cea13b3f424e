#include "server/pages/versions.h"

#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "net/http_client.h"
#include "server/pages/figures.h"
#include "server/pages/form_values.h"
#include "server/pages/parts.h"

namespace tidemill::server::pages {
namespace {

constexpr size_t kNameBytes = 80;

struct StageLook {
  std::string_view stage;
  const char* chip;
  const char* button;  // "" where there is none
  const char* effect;
};
constexpr std::array kStages = {
    StageLook{tracking::kStageProduction, "chip good", "Promote to Production",
              "goes to Production; the version that is there now is archived."},
    StageLook{tracking::kStageStaging, "chip info", "Move to Staging", "goes to Staging."},
    StageLook{tracking::kStageArchived, "chip plain", "Archive", "is archived."},
    StageLook{tracking::kStageNone, "chip plain", "", ""},
};

}  // namespace

std::string model_path(const std::string& name) {
  return "/models/" + net::percent_encode(name);
}

std::string version_path(const std::string& name, int64_t version) {
  return fmt::format("{}/versions/{}", model_path(name), version);
}

std::string tracked_run_path(const std::string& run_id) {
  return "/runs/" + net::percent_encode(run_id);
}

std::optional<double> TrackedVersion::metric(std::string_view key) const {
  return run ? run->metric(key) : std::nullopt;
}

std::string TrackedVersion::model() const {
  return shortened(version.tag("tidemill.model").value_or(""), kNameBytes);
}

std::string TrackedVersion::data_date() const {
  return shortened(version.tag("tidemill.data_date").value_or(""), kNameBytes);
}

TrackedVersion tracked_version(tracking::Store& store, tracking::ModelVersion version) {
  TrackedVersion tracked{std::move(version)};
  if (tracked.version.run_id && !tracked.version.run_id->empty())
    tracked.run = store.find_run(*tracked.version.run_id);
  return tracked;
}

TrackedVersion find_tracked_version(Call& call, const std::string& name, std::string_view version) {
  const int64_t number = whole_number(version).value_or(0);
  if (number <= 0) {
    throw Error(ErrorCode::kNotFound, fmt::format("'{}' is no number of a version", shortened(version, 40)));
  }
  tracking::Store& store = call.project.tracking();
  return tracked_version(store, store.get_model_version(name, number));
}

VersionPage newest_versions(tracking::Store& store, const std::string& name, int64_t limit,
                            const std::string& page_token) {
  tracking::ModelVersionQuery query;
  query.conditions = {tracking::attribute_equals("name", name)};
  query.order_by = {{tracking::Field::kAttribute, "version_number", /*ascending=*/false}};
  query.page = {limit, page_token};
  auto found = store.search_model_versions(query);
  VersionPage page;
  page.next_page_token = std::move(found.next_page_token);
  for (tracking::ModelVersion& version : found.items)
    page.versions.push_back(tracked_version(store, std::move(version)));
  return page;
}

Html unbroken(const Html& text) {
  return element("span", {{"class", "nowrap"}}, {text});
}

Html stage_chip(const std::string& stage) {
  for (const StageLook& look : kStages) {
    if (look.stage == stage) return element("span", {{"class", look.chip}}, {stage});
  }
  return element("span", {{"class", "chip plain"}}, {shortened(stage, kNameBytes)});
}

Html aliases_text(const tracking::ModelVersion& version) {
  std::vector<Html> aliases;
  for (const std::string& alias : version.aliases)
    aliases.push_back(element("span", {{"class", "mono"}}, {"@" + shortened(alias, kNameBytes)}));
  return join(aliases, " ");
}

const std::vector<std::string>& usual_metrics() {
  static const std::vector<std::string> kMetrics = {"test_rmse", "test_mae", "test_r2"};
  return kMetrics;
}

Html stage_buttons(const Call& call, const tracking::ModelVersion& version) {
  std::vector<Html> buttons;
  for (const StageLook& look : kStages) {
    if (*look.button == '\0' || look.stage == version.current_stage) continue;
    buttons.push_back(confirm(call, look.button, fmt::format("Version {} {}", version.version, look.effect),
                              version_path(version.name, version.version) + "/stage", look.button,
                              {hidden("stage", std::string(look.stage))}));
  }
  return join(buttons, " ");
}

Html rollback_button(const Call& call, const TrackedVersion& production) {
  const auto earlier = production.version.tag("tidemill.replaced_version");
  if (!earlier) return {};
  return confirm(call, "Roll back",
                 fmt::format("Version {} goes back into Production and version {} is archived.",
                             shortened(*earlier, kNameBytes), production.version.version),
                 model_path(production.version.name) + "/rollback", "Roll back",
                 // What was looked at: rolling back twice by two people would go back one more.
                 {hidden("from", std::to_string(production.version.version))});
}

Html moved_notice(const Call& call, const std::string& path, const tracking::ModelVersion& version) {
  if (call.request.query_value("moved") != std::string_view(version.current_stage)) return {};
  return notice("good", link(path, fmt::format("Version {}", version.version)) +
                            fmt::format(" is in {}.", version.current_stage));
}

Html token_pager(const Call& call, const std::string& next_page_token) {
  const bool is_first = call.request.query_value("page_token").value_or("").empty();
  if (is_first && next_page_token.empty()) return {};
  std::vector<Html> links;
  if (!is_first) {
    links.push_back(link(same_page_with(call, "page_token", ""), "← To the first",
                         {{"class", "button small"}, {"rel", "first"}}));
  }
  if (!next_page_token.empty()) {
    links.push_back(link(same_page_with(call, "page_token", next_page_token), "Next →",
                         {{"class", "button small"}, {"rel", "next"}}));
  }
  return element("nav", {{"class", "pager"}, {"aria-label", "Pages"}},
                 {element("span", {}, {is_first ? "The first ones" : "Further ones"}),
                  element("span", {{"class", "actions"}}, links)});
}

}  // namespace tidemill::server::pages
