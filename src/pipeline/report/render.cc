#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include <fmt/format.h>

#include "base/text.h"
#include "pipeline/charts.h"
#include "pipeline/report/report.h"

namespace tidemill::pipeline {
namespace {

constexpr char kStyle[] = R"(
:root { color-scheme: light dark; --line: #d9dde2; --soft: #f4f6f8; --ink: #1f2933; --paper: #fff;
  --mark: #2f6db3; }
@media (prefers-color-scheme: dark) {
  :root { --line: #3a424c; --soft: #232a32; --ink: #e4e8ec; --paper: #181d23; --mark: #7db2ea; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto;
  max-width: 1060px; padding: 24px 16px 64px; }
h1 { font-size: 24px; margin: 0 0 4px; } h2 { font-size: 18px; margin: 36px 0 10px; }
p.lead { margin: 0; opacity: .8; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 12px 6px 0; border-bottom: 1px solid var(--line);
  vertical-align: top; }
td.n, th.n { text-align: right; } td.d, th.n { white-space: nowrap; } tr.now td { background: var(--soft); }
.stage { border: 1px solid var(--mark); color: var(--mark); border-radius: 9px; padding: 1px 8px;
  font-size: 13px; }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 16px; }
.plots svg { width: 100%; max-width: 640px; height: auto; border: 1px solid var(--line); border-radius: 6px; }
.bad { color: #c4372f; font-weight: 600; }
)";

std::string number(double value, int digits = 4) {
  return std::isfinite(value) ? fmt::format("{:.{}f}", value, digits) : "–";
}

std::string versions_table(const ReportContent& content) {
  if (content.versions.empty()) return "<p>No version has been registered yet.</p>\n";
  std::string html =
      "<div class=\"scroll\"><table><thead><tr><th class=\"n\">version</th><th>stage</th><th>data "
      "to</th><th>model</th>"
      "<th class=\"n\">test RMSE</th><th class=\"n\">MAE</th><th "
      "class=\"n\">R²</th><th>promotion</th></tr></thead>"
      "<tbody>\n";
  for (const ReportVersion& version : content.versions) {
    html += fmt::format(
        "<tr{}><td class=\"n\">{}</td><td><span class=\"stage\">{}</span> {}</td><td "
        "class=\"d\">{}</td><td>{}</td>"
        "<td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td></tr>\n",
        version.stage == "Production" ? " class=\"now\"" : "", version.version, escape_markup(version.stage),
        escape_markup(version.aliases), escape_markup(version.data_date), escape_markup(version.model),
        number(version.test_rmse), number(version.test_mae), number(version.test_r2),
        escape_markup(version.promotion));
  }
  return html + "</tbody></table></div>\n";
}

// Test RMSE of every model by the day its data ended.
std::string models_chart(const ReportContent& content) {
  std::vector<std::string> dates;
  std::map<std::string, std::map<std::string, double>> by_model;
  for (const ReportRun& run : content.runs) {
    if (dates.empty() || dates.back() != run.data_date) dates.push_back(run.data_date);
    by_model[run.model][run.data_date] = run.test_rmse;
  }
  std::vector<LineSeries> series;
  for (const auto& [model, values] : by_model) {
    LineSeries line{model, {}};
    for (const std::string& date : dates) {
      const auto found = values.find(date);
      line.y.push_back(found == values.end() ? std::numeric_limits<double>::quiet_NaN() : found->second);
    }
    series.push_back(std::move(line));
  }
  return lines_svg("Test RMSE by the day the data ended", dates, series);
}

std::string quality_table(const ReportContent& content) {
  std::vector<std::string> dimensions;
  for (const ReportDay& day : content.days) {
    for (const auto& [name, score] : day.dimension_scores) {
      if (std::find(dimensions.begin(), dimensions.end(), name) == dimensions.end())
        dimensions.push_back(name);
    }
  }
  std::string html =
      "<div class=\"scroll\"><table><thead><tr><th>day</th><th class=\"n\">rows</th><th "
      "class=\"n\">score</th>";
  for (const std::string& name : dimensions) html += "<th class=\"n\">" + escape_markup(name) + "</th>";
  html += "</tr></thead><tbody>\n";
  for (const ReportDay& day : content.days) {
    html += fmt::format("<tr><td>{}</td><td class=\"n\">{}</td><td class=\"n{}\">{}</td>",
                        escape_markup(day.date), day.row_count, day.passed ? "" : " bad",
                        number(day.quality_score, 2));
    for (const std::string& name : dimensions) {
      std::string cell = "–";
      for (const auto& [dimension, score] : day.dimension_scores) {
        if (dimension == name) cell = number(score * 100, 2);
      }
      html += "<td class=\"n\">" + cell + "</td>";
    }
    html += "</tr>\n";
  }
  return html + "</tbody></table></div>\n";
}

}  // namespace

std::string render_report(const ReportContent& content) {
  std::string html = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{0} – "
      "Tidemill</title>\n"
      "<style>{1}</style>\n</head>\n<body>\n<h1>{0}</h1>\n<p class=\"lead\">Registered model "
      "<b>{2}</b></p>\n",
      escape_markup(content.project), kStyle, escape_markup(content.registered_model));
  html += "<h2>Versions</h2>\n" + versions_table(content);
  if (!content.runs.empty())
    html += "<h2>Models</h2>\n<div class=\"plots\">\n" + models_chart(content) + "</div>\n";
  if (!content.plots.empty()) {
    html += fmt::format("<h2>Version {} on its test set</h2>\n<div class=\"plots\">\n",
                        content.versions.front().version);
    for (const std::string& plot : content.plots) html += plot;
    html += "</div>\n";
  }
  if (!content.days.empty()) html += "<h2>Data quality by day</h2>\n" + quality_table(content);
  return html + "</body>\n</html>\n";
}

}  // namespace tidemill::pipeline
