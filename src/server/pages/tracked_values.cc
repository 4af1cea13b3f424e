#include "server/pages/tracked_values.h"

#include <fmt/format.h>

#include "server/pages/figures.h"
#include "server/pages/parts.h"

namespace tidemill::server::pages {
namespace {

constexpr size_t kShown = 120;  // of each kind: a run may have thousands
constexpr size_t kNameBytes = 120, kValueBytes = 240;

template <typename Value>
Html pairs_card(const char* title, const std::vector<Value>& values, const char* empty) {
  std::vector<TableRow> rows;
  for (const Value& value : values) {
    if (rows.size() == kShown) break;
    rows.push_back(
        {"", {element("code", {}, {shortened(value.key, kNameBytes)}), shortened(value.value, kValueBytes)}});
  }
  const std::string more =
      values.size() > kShown ? fmt::format("{} of {}", kShown, count_text(values.size())) : "";
  return card(title, {table({{"Name"}, {"Value"}}, rows, empty, more)}, {{"class", "values"}});
}

}  // namespace

Html metrics_card(const std::vector<tracking::Metric>& metrics) {
  std::vector<TableRow> rows;
  for (const tracking::Metric& metric : metrics) {
    if (rows.size() == kShown) break;
    rows.push_back({"",
                    {element("code", {}, {shortened(metric.key, kNameBytes)}), number_text(metric.value),
                     std::to_string(metric.step)}});
  }
  const std::string more =
      metrics.size() > kShown ? fmt::format("{} of {}", kShown, count_text(metrics.size())) : "";
  return card("Metrics",
              {table({{"Name"}, {"Value", "num"}, {"Step", "num"}}, rows, "No metric was logged.", more)});
}

Html params_card(const std::vector<tracking::Param>& params) {
  return pairs_card("Parameters", params, "No parameter was logged.");
}

Html tags_card(const std::vector<tracking::Tag>& tags) {
  return pairs_card("Tags", tags, "There are no tags.");
}

}  // namespace tidemill::server::pages
