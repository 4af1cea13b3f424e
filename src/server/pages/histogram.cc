#include "server/pages/histogram.h"

#include <algorithm>

#include <fmt/format.h>

#include "server/pages/figures.h"
#include "server/pages/parts.h"

namespace tidemill::server::pages {
namespace {

constexpr double kWidth = 240, kHeight = 56;

std::string outline(const Histogram& histogram, uint64_t most) {
  std::string path;
  const double width = kWidth / static_cast<double>(histogram.bins.size());
  const double gap = std::min(2.0, width / 5);
  for (size_t i = 0; i < histogram.bins.size(); ++i) {
    const uint64_t count = histogram.bins[i].second;
    if (count == 0) continue;
    // What is there at all can be seen.
    const double height = std::max(1.5, kHeight * static_cast<double>(count) / static_cast<double>(most));
    path += fmt::format("M{:.1f} {:g}v{:.1f}h{:.1f}V{:g}z", static_cast<double>(i) * width + gap / 2, kHeight,
                        -height, width - gap, kHeight);
  }
  return path;
}

}  // namespace

Html histogram_view(const Histogram& histogram) {
  if (histogram.bins.empty()) return {};
  const auto fullest = std::max_element(histogram.bins.begin(), histogram.bins.end(),
                                        [](const auto& a, const auto& b) { return a.second < b.second; });
  const std::string label =
      fmt::format("Histogram of {}: {} bins, the fullest is {} with {} values", histogram.name,
                  histogram.bins.size(), fullest->first, count_text(fullest->second));
  const Html picture =
      element("svg",
              {{"class", "chart histogram"},
               {"viewBox", fmt::format("0 0 {:g} {:g}", kWidth, kHeight)},
               {"preserveAspectRatio", "none"},
               {"role", "img"},
               {"aria-label", label}},
              {element("path", {{"class", "column"}, {"d", outline(histogram, fullest->second)}})});
  std::vector<TableRow> rows;
  for (const auto& [name, count] : histogram.bins) rows.push_back({"", {name, count_text(count)}});
  return picture + element("details", {{"class", "numbers"}},
                           {element("summary", {}, {"As a table"}),
                            table({{"Values"}, {"Count", "num"}}, rows, "No values.")});
}

}  // namespace tidemill::server::pages
