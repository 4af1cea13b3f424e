#pragma once
// The pictures that runs log and report.html shows: small self-contained SVG documents, the same bytes for
// the same numbers.

#include <string>
#include <utility>
#include <vector>

namespace tidemill::pipeline {

struct ScatterChart {
  std::string title, x_label, y_label;
  std::vector<double> x, y;  // same length; rows with a NaN are left out
  enum class Guide { kNone, kDiagonal, kZeroLine } guide = Guide::kNone;
};
// Up to 2,000 points as dots, more as a 64 x 64 grid of cells shaded by count, so the size stays bounded.
std::string scatter_svg(const ScatterChart& chart);

// Horizontal bars, longest first (ties by name), at most `bar_count_max`.
std::string bars_svg(const std::string& title, std::vector<std::pair<std::string, double>> bars,
                     size_t bar_count_max = 20);

struct LineSeries {
  std::string name;
  std::vector<double> y;  // one per x label; NaN leaves a gap
};
std::string lines_svg(const std::string& title, const std::vector<std::string>& x_labels,
                      const std::vector<LineSeries>& series);

}  // namespace tidemill::pipeline
