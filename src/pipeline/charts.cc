#include "pipeline/charts.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "base/text.h"

namespace tidemill::pipeline {
namespace {

constexpr int kWidth = 640, kHeight = 420;
constexpr int kLeft = 64, kRight = 16, kTop = 36, kBottom = 48;
constexpr const char* kColors[] = {"#2f6db3", "#d9722b", "#3b9256", "#a34ca3", "#8a6d3b", "#c43c4e"};

struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(double value) {
    if (!std::isfinite(value)) return;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  void widen() {
    if (!(low <= high)) *this = {0, 1};
    const double margin = high > low ? (high - low) * 0.04 : std::max(std::fabs(low) * 0.1, 0.5);
    low -= margin;
    high += margin;
  }
};

// 1, 2 or 5 times a power of ten, about `count` steps over the range.
double nice_step(const Range& range, int count) {
  const double raw = (range.high - range.low) / count;
  const double power = std::pow(10.0, std::floor(std::log10(raw)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (raw <= factor * power) return factor * power;
  }
  return 10 * power;
}

// The multiples of `step` in the range.
std::vector<double> ticks(const Range& range, double step) {
  const double first = std::ceil(range.low / step);
  std::vector<double> out;
  for (int i = 0; (first + i) * step <= range.high; ++i) out.push_back((first + i) * step);
  return out;
}

class Canvas {
 public:
  Canvas(const std::string& title, int height) {
    svg_ = fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {0} {1}\" width=\"{0}\" height=\"{1}\" "
        "role=\"img\" aria-label=\"{2}\" font-family=\"system-ui,sans-serif\" font-size=\"12\" "
        "fill=\"#333\">\n<title>{2}</title>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
        "<text x=\"{3}\" y=\"22\" font-size=\"15\" font-weight=\"600\">{2}</text>\n",
        kWidth, height, escape_markup(title), kLeft);
  }

  void set_ranges(Range x, Range y) {
    x_ = x;
    y_ = y;
  }
  double px(double x) const { return kLeft + (x - x_.low) / (x_.high - x_.low) * (kWidth - kLeft - kRight); }
  double py(double y) const {
    return kHeight - kBottom - (y - y_.low) / (y_.high - y_.low) * (kHeight - kTop - kBottom);
  }

  void add(const std::string& markup) { svg_ += markup + "\n"; }

  void line(double x1, double y1, double x2, double y2, const char* stroke, const char* more = "") {
    add(fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" {}/>", x1,
                    y1, x2, y2, stroke, more));
  }
  void label(double x, double y, const char* anchor, const std::string& text) {
    add(fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}</text>", x, y, anchor,
                    escape_markup(text)));
  }

  void y_axis(const std::string& name) {
    const double step = nice_step(y_, 6);
    for (const double tick : ticks(y_, step)) {
      line(kLeft, py(tick), kWidth - kRight, py(tick), "#e4e4e4");
      label(kLeft - 6, py(tick) + 4, "end", fmt::format("{:.6g}", tick));
    }
    if (!name.empty()) {
      add(fmt::format("<text transform=\"translate(14 {}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
                      (kHeight - kBottom + kTop) / 2, escape_markup(name)));
    }
  }
  void x_axis(const std::string& name) {
    const double step = nice_step(x_, 8);
    for (const double tick : ticks(x_, step)) {
      line(px(tick), kTop, px(tick), kHeight - kBottom, "#e4e4e4");
      label(px(tick), kHeight - kBottom + 18, "middle", fmt::format("{:.6g}", tick));
    }
    label((kLeft + kWidth - kRight) / 2.0, kHeight - 10, "middle", name);
  }

  std::string finish() { return svg_ + "</svg>\n"; }

 private:
  std::string svg_;
  Range x_, y_;
};

void draw_dots(Canvas& canvas, const ScatterChart& chart) {
  for (size_t i = 0; i < chart.x.size(); ++i) {
    if (!std::isfinite(chart.x[i]) || !std::isfinite(chart.y[i])) continue;
    canvas.add(
        fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.5\" fill=\"{}\" fill-opacity=\"0.45\"/>",
                    canvas.px(chart.x[i]), canvas.py(chart.y[i]), kColors[0]));
  }
}

void draw_density(Canvas& canvas, const ScatterChart& chart, const Range& x, const Range& y) {
  constexpr int kCells = 64;
  std::vector<size_t> counts(size_t{kCells} * kCells, 0);
  const auto cell_of = [](double value, const Range& range) {
    const int cell = static_cast<int>((value - range.low) / (range.high - range.low) * kCells);
    return std::clamp(cell, 0, kCells - 1);
  };
  for (size_t i = 0; i < chart.x.size(); ++i) {
    if (!std::isfinite(chart.x[i]) || !std::isfinite(chart.y[i])) continue;
    ++counts[cell_of(chart.y[i], y) * kCells + cell_of(chart.x[i], x)];
  }
  const double most = static_cast<double>(*std::max_element(counts.begin(), counts.end()));
  const double cell_x = (x.high - x.low) / kCells, cell_y = (y.high - y.low) / kCells;
  for (int row = 0; row < kCells; ++row) {
    for (int column = 0; column < kCells; ++column) {
      const size_t count = counts[row * kCells + column];
      if (count == 0) continue;
      const double left = canvas.px(x.low + column * cell_x), top = canvas.py(y.low + (row + 1) * cell_y);
      canvas.add(fmt::format(
          "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\" "
          "fill-opacity=\"{:.2f}\"/>",
          left, top, canvas.px(x.low + (column + 1) * cell_x) - left, canvas.py(y.low + row * cell_y) - top,
          kColors[0], 0.12 + 0.88 * std::sqrt(static_cast<double>(count) / most)));
    }
  }
}

}  // namespace

std::string scatter_svg(const ScatterChart& chart) {
  constexpr size_t kDotCountMax = 2000;
  Range x, y;
  for (const double value : chart.x) x.include(value);
  for (const double value : chart.y) y.include(value);
  if (chart.guide == ScatterChart::Guide::kDiagonal) {
    x.include(y.low);
    x.include(y.high);
    y = x;
  } else if (chart.guide == ScatterChart::Guide::kZeroLine) {
    y.include(0);
  }
  x.widen();
  y.widen();
  Canvas canvas(chart.title, kHeight);
  canvas.set_ranges(x, y);
  canvas.y_axis(chart.y_label);
  canvas.x_axis(chart.x_label);
  if (chart.x.size() <= kDotCountMax) {
    draw_dots(canvas, chart);
  } else {
    draw_density(canvas, chart, x, y);
  }
  if (chart.guide == ScatterChart::Guide::kDiagonal) {
    canvas.line(canvas.px(x.low), canvas.py(x.low), canvas.px(x.high), canvas.py(x.high), "#b02a2a",
                "stroke-dasharray=\"5 4\"");
  } else if (chart.guide == ScatterChart::Guide::kZeroLine) {
    canvas.line(kLeft, canvas.py(0), kWidth - kRight, canvas.py(0), "#b02a2a", "stroke-dasharray=\"5 4\"");
  }
  return canvas.finish();
}

std::string bars_svg(const std::string& title, std::vector<std::pair<std::string, double>> bars,
                     size_t bar_count_max) {
  constexpr int kBarHeight = 20, kNameWidth = 230;
  std::sort(bars.begin(), bars.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (bars.size() > bar_count_max) bars.resize(bar_count_max);
  const double longest = bars.empty() || bars.front().second <= 0 ? 1 : bars.front().second;
  Canvas canvas(title, kTop + kBarHeight * static_cast<int>(bars.size()) + 16);
  for (size_t i = 0; i < bars.size(); ++i) {
    const int top = kTop + kBarHeight * static_cast<int>(i);
    const double width = std::max(bars[i].second, 0.0) / longest * (kWidth - kNameWidth - 80);
    canvas.label(kNameWidth - 8, top + 14, "end", bars[i].first);
    canvas.add(fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\" fill=\"{}\"/>", kNameWidth,
                           top + 3, width, kBarHeight - 6, kColors[0]));
    canvas.label(kNameWidth + width + 6, top + 14, "start", fmt::format("{:.4f}", bars[i].second));
  }
  return canvas.finish();
}

std::string lines_svg(const std::string& title, const std::vector<std::string>& x_labels,
                      const std::vector<LineSeries>& series) {
  constexpr size_t kTickCountMax = 8;
  Range x{0, std::max<double>(static_cast<double>(x_labels.size()) - 1, 1)}, y;
  for (const LineSeries& one : series) {
    for (const double value : one.y) y.include(value);
  }
  x.widen();
  y.widen();
  Canvas canvas(title, kHeight);
  canvas.set_ranges(x, y);
  canvas.y_axis("");
  const size_t every = (x_labels.size() + kTickCountMax - 1) / kTickCountMax;
  for (size_t i = 0; i < x_labels.size(); i += std::max<size_t>(every, 1)) {
    canvas.label(canvas.px(static_cast<double>(i)), kHeight - kBottom + 18, "middle", x_labels[i]);
  }
  for (size_t s = 0; s < series.size(); ++s) {
    const char* color = kColors[s % std::size(kColors)];
    std::string path;
    bool pen_down = false;
    for (size_t i = 0; i < series[s].y.size(); ++i) {
      if (!std::isfinite(series[s].y[i])) {
        pen_down = false;
        continue;
      }
      const double left = canvas.px(static_cast<double>(i)), top = canvas.py(series[s].y[i]);
      path += fmt::format("{}{:.1f} {:.1f}", pen_down ? "L" : "M", left, top);
      pen_down = true;
      canvas.add(fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3\" fill=\"{}\"/>", left, top, color));
    }
    canvas.add(fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"/>", path, color));
    const double legend_y = kHeight - 12, legend_x = kLeft + 180.0 * static_cast<double>(s);
    canvas.add(fmt::format("<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"10\" height=\"10\" fill=\"{}\"/>",
                           legend_x, legend_y - 9, color));
    canvas.label(legend_x + 16, legend_y, "start", series[s].name);
  }
  return canvas.finish();
}

}  // namespace tidemill::pipeline
