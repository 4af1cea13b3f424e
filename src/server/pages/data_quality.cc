#include "server/pages/data_quality.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "pipeline/dataset.h"
#include "server/pages/figures.h"
#include "server/pages/parts.h"
#include "server/pages/row_budget.h"

namespace tidemill::server::pages {
namespace {

constexpr size_t kTextBytes = 80;
constexpr size_t kSamplesShown = 3;
constexpr size_t kRulesBytes = 100'000;

Html dimensions(const Json& scores) {
  std::vector<Html> items;
  for (const auto& [name, score] : scores.items()) {
    items.push_back(
        element("div", {{"class", "dimension"}},
                {element("span", {}, {shortened(name, kTextBytes)}),
                 element("b", {}, {percent_text(score.get<double>())}), share_bar(score.get<double>())}));
  }
  return element("div", {{"class", "dimensions"}}, items);
}

// "between 0 and 100, in 95.0 % of the cells"
std::string demand(const Json& rule) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (rule.contains("min")) add("from " + number_text(rule["min"].get<double>()));
  if (rule.contains("max")) add("to " + number_text(rule["max"].get<double>()));
  if (rule.contains("values")) add("one of " + rule["values"].dump());
  for (const char* key : {"pattern", "type", "expression"}) {
    if (rule.contains(key)) add(rule[key].get<std::string>());
  }
  const double mostly = rule.value("mostly", 1.0);
  if (mostly < 1) add(fmt::format("in {} of the cells", percent_text(mostly)));
  return shortened(text, 2 * kTextBytes);
}

Html samples(const Json& rule) {
  const Json none = Json::array();
  const bool are_keys = rule.contains("unexpected_keys");
  const Json& found = are_keys                             ? rule["unexpected_keys"]
                      : rule.contains("unexpected_values") ? rule["unexpected_values"]
                                                           : none;
  std::vector<Html> shown;
  for (const Json& sample : found) {
    if (shown.size() == kSamplesShown) break;
    shown.push_back(element("code", {}, {shortened(sample.get<std::string>(), kTextBytes)}));
  }
  return shown.empty() ? Html() : Html(are_keys ? "rows " : "") + join(shown, ", ");
}

TableRow row_of(const Json& rule) {
  const bool success = rule.value("success", false);
  const std::string severity = rule.value("severity", "warn");
  const Html verdict = element("span",
                               {{"class", success               ? "chip good"
                                          : severity == "error" ? "chip bad"
                                                                : "chip warn"}},
                               {success ? "passed" : "failed"});
  const std::string column = rule.value("column", "");
  return {"",
          {element("code", {}, {shortened(rule.value("rule", ""), kTextBytes)}),
           element("code", {}, {shortened(column.empty() ? "the table" : column, kTextBytes)}), verdict,
           count_text(rule.value("unexpected_count", uint64_t{0})),
           count_text(rule.value("checked_count", uint64_t{0})), demand(rule), samples(rule)}};
}

Html rules(const Json& results) {
  std::vector<const Json*> ordered;
  for (const Json& rule : results) ordered.push_back(&rule);
  std::stable_partition(ordered.begin(), ordered.end(),
                        [](const Json* rule) { return !rule->value("success", false); });
  const std::vector<Column> columns = {{"Rule", "title"},     {"Column"},         {"Result"},
                                       {"Unexpected", "num"}, {"Checked", "num"}, {"Demanded"},
                                       {"For example"}};
  RowBudget budget(columns, kRulesBytes);
  std::vector<TableRow> rows;
  for (const Json* rule : ordered) {
    if (!budget.add(rows, row_of(*rule))) break;
  }
  return table(columns, rows, "No rule was checked.",
               shown_of(rows.size(), ordered.size(), pipeline::kValidationReportFile));
}

QualityView report_view(const Json& report) {
  const double score = report.at("quality_score").get<double>();
  const double threshold = report.at("score_threshold").get<double>();
  const bool passed = report.at("passed").get<bool>();
  const Json& results = report.at("results");
  const auto failed = std::count_if(results.begin(), results.end(),
                                    [](const Json& rule) { return !rule.value("success", false); });
  const std::string verdict =
      fmt::format("{}; {} of {} rules failed; alert under {:g} %", passed ? "Passed" : "Not passed", failed,
                  results.size(), threshold);
  const Html figure = element(
      "div", {{"class", "score"}},
      {element("p", {{"class", "count"}}, {fmt::format("{:.1f} %", score)}),
       element("p", {}, {element("span", {{"class", passed ? "light good" : "light bad"}}, {verdict})})});
  std::vector<Html> warnings;
  for (const Json& warning : report.at("warnings")) {
    warnings.push_back(notice("warn", shortened(warning.get<std::string>(), 4 * kTextBytes)));
  }
  return {card("Quality", {figure, join(warnings), dimensions(report.at("dimension_scores"))}),
          card("Rules", {rules(results)})};
}

}  // namespace

QualityView quality_view(const storage::ObjectStore& objects, const std::string& prefix) {
  const std::string key = prefix + "/" + pipeline::kValidationReportFile;
  const auto text = objects.get(key);
  if (!text)
    return {card("Quality", {element("p", {{"class", "muted"}}, {"This day has not been checked yet."})}),
            {}};
  const Json report = parse_json(*text, key);
  try {
    return report_view(report);
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kCorrupted, fmt::format("{} is no quality report: {}", key, error.what()));
  }
}

}  // namespace tidemill::server::pages
