#include "server/pages/tracked_values.h"

#include "server/pages/figures.h"
#include "server/pages/parts.h"
#include "server/pages/row_budget.h"

namespace tidemill::server::pages {
namespace {

constexpr size_t kCardBytes = 25'000;  // a run may have thousands
constexpr size_t kNameBytes = 120, kValueBytes = 240;

template <typename Value>
Html pairs_card(const char* title, const std::vector<Value>& values, const char* empty) {
  const std::vector<Column> columns = {{"Name", "title"}, {"Value"}};
  RowBudget budget(columns, kCardBytes);
  std::vector<TableRow> rows;
  for (const Value& value : values) {
    const Html name = element("code", {}, {shortened(value.key, kNameBytes)});
    if (!budget.add(rows, {"", {name, shortened(value.value, kValueBytes)}})) break;
  }
  return card(title, {table(columns, rows, empty, shown_of(rows.size(), values.size()))},
              {{"class", "values"}});
}

}  // namespace

Html metrics_card(const std::vector<tracking::Metric>& metrics) {
  const std::vector<Column> columns = {{"Name", "title"}, {"Value", "num"}, {"Step", "num"}};
  RowBudget budget(columns, kCardBytes);
  std::vector<TableRow> rows;
  for (const tracking::Metric& metric : metrics) {
    const Html name = element("code", {}, {shortened(metric.key, kNameBytes)});
    if (!budget.add(rows, {"", {name, number_text(metric.value), std::to_string(metric.step)}})) break;
  }
  return card("Metrics",
              {table(columns, rows, "No metric was logged.", shown_of(rows.size(), metrics.size()))});
}

Html params_card(const std::vector<tracking::Param>& params) {
  return pairs_card("Parameters", params, "No parameter was logged.");
}

Html tags_card(const std::vector<tracking::Tag>& tags) {
  return pairs_card("Tags", tags, "There are no tags.");
}

}  // namespace tidemill::server::pages
