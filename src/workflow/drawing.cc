#include "workflow/drawing.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "base/text.h"

namespace tidemill::workflow {
namespace {

constexpr double kCharWidth = 7.2, kBoxPadding = 12, kColumnGap = 48, kRowGap = 16, kMargin = 8;
constexpr double kBoxHeight = 32, kPageBoxHeight = 44;  // the latter with a line for the state
constexpr size_t kMinPageChars = 16;                    // "upstream_failed" fits

size_t widest(const std::vector<const Task*>& column) {
  size_t width = 0;
  for (const Task* task : column) width = std::max(width, task->id.size());
  return width;
}

bool follows(const Task& task, const Task& upstream) {
  return std::find(task.upstream.begin(), task.upstream.end(), upstream.id) != task.upstream.end();
}

// Whether every task follows on all tasks of the column before and nothing else, and one of two neighbours is
// single: then lines between them need no crossing.
bool is_plain(const std::vector<std::vector<const Task*>>& columns) {
  for (size_t c = 1; c < columns.size(); ++c) {
    if (columns[c].size() > 1 && columns[c - 1].size() > 1) return false;
    for (const Task* task : columns[c]) {
      if (task->upstream.size() != columns[c - 1].size()) return false;
      if (!std::all_of(columns[c - 1].begin(), columns[c - 1].end(),
                       [&](const Task* before) { return follows(*task, *before); })) {
        return false;
      }
    }
  }
  return true;
}

// What stands between two columns in one line: the joint of those before, and an arrow to the one after.
std::string connector(size_t row, size_t before, size_t after) {
  static constexpr std::string_view kFork[] = {"─┬─▶ ", " ├─▶ ", " └─▶ "};
  static constexpr std::string_view kJoin[] = {"─┬─▶ ", "─┤   ", "─┘   "};
  const size_t count = std::max(before, after);
  if (row >= count) return "     ";
  if (count == 1) return "───▶ ";
  const size_t part = row == 0 ? 0 : row + 1 == count ? 2 : 1;
  return std::string(after > 1 ? kFork[part] : kJoin[part]);
}

std::string draw_columns(const std::vector<std::vector<const Task*>>& columns) {
  size_t height = 0;
  for (const auto& column : columns) height = std::max(height, column.size());
  std::string out;
  for (size_t row = 0; row < height; ++row) {
    std::string line;
    for (size_t c = 0; c < columns.size(); ++c) {
      if (c > 0) line += connector(row, columns[c - 1].size(), columns[c].size());
      const std::string id = row < columns[c].size() ? columns[c][row]->id : "";
      const bool is_led_on = c + 1 < columns.size() && !id.empty();
      line += id + (id.empty() ? "" : " ");
      for (size_t i = id.size() + (id.empty() ? 0 : 1); i < widest(columns[c]) + 1; ++i) {
        line += is_led_on ? "─" : " ";
      }
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

std::string draw_list(const std::vector<std::vector<const Task*>>& columns) {
  std::string out;
  for (const auto& column : columns) {
    for (const Task* task : column) {
      out += task->id + (task->upstream.empty() ? "" : "  after " + join(task->upstream)) + "\n";
    }
  }
  return out;
}

struct Box {
  double x = 0, y = 0, width = 0;
};

struct Layout {
  double width = 0, height = 0, box_height = 0;
  std::map<std::string, Box> boxes;
};

Layout place_boxes(const Dag& dag, double box_height, size_t min_chars) {
  const auto columns = columns_of(dag);
  Layout layout;
  layout.box_height = box_height;
  const auto height_of = [&](size_t count) {
    return static_cast<double>(count) * (box_height + kRowGap) - kRowGap;
  };
  size_t tallest = 0;
  for (const auto& column : columns) tallest = std::max(tallest, column.size());
  layout.height = 2 * kMargin + height_of(tallest);
  double x = kMargin;
  for (const auto& column : columns) {
    const double width =
        static_cast<double>(std::max(widest(column), min_chars)) * kCharWidth + 2 * kBoxPadding;
    double y = (layout.height - height_of(column.size())) / 2;
    for (const Task* task : column) {
      layout.boxes[task->id] = {x, y, width};
      y += box_height + kRowGap;
    }
    x += width + kColumnGap;
  }
  layout.width = x - kColumnGap + kMargin;
  return layout;
}

std::string draw_edges(const Dag& dag, const Layout& layout) {
  std::string edges;
  for (const Task& task : dag.tasks) {
    const Box& box = layout.boxes.at(task.id);
    for (const std::string& id : task.upstream) {
      const Box& from = layout.boxes.at(id);
      const double x1 = from.x + from.width, y1 = from.y + layout.box_height / 2,
                   y2 = box.y + layout.box_height / 2;
      const double middle = (x1 + box.x) / 2;
      edges += fmt::format("<path d=\"M{:.1f} {:.1f}C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}\"/>\n", x1, y1,
                           middle, y1, middle, y2, box.x - 5, y2);
    }
  }
  return edges;
}

std::string state_of(const TaskStates& states, const Task& task) {
  const auto state = states.find(task.id);
  return state == states.end() ? "none" : escape_markup(state->second);
}

// A box with lines of text around its middle.
std::string draw_box(const Task& task, const std::string& state, const Layout& layout,
                     const std::vector<std::string>& lines) {
  const Box& box = layout.boxes.at(task.id);
  std::string texts;
  double y = box.y + layout.box_height / 2 + 4 - 8 * static_cast<double>(lines.size() - 1);
  for (const std::string& line : lines) {
    texts += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\">{}</text>", box.x + box.width / 2, y, line);
    y += 16;
  }
  return fmt::format(
      "<g class=\"task {}\"><title>{}: {}</title><rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" "
      "height=\"{}\" rx=\"6\"/>{}</g>",
      state, escape_markup(task.id), state, box.x, box.y, box.width, layout.box_height, texts);
}

constexpr std::string_view kArrow =
    "<defs><marker id=\"arrow\" viewBox=\"0 0 6 6\" refX=\"5\" refY=\"3\" markerWidth=\"6\" "
    "markerHeight=\"6\" orient=\"auto\"><path d=\"M0 0L6 3L0 6z\"/></marker></defs>\n";

std::string draw_frame(const Dag& dag, const Layout& layout, std::string_view role, std::string_view style,
                       const std::string& nodes) {
  return fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"{}\" aria-label=\"{}\" "
      "viewBox=\"0 0 {:.0f} {:.0f}\" width=\"{:.0f}\" height=\"{:.0f}\" "
      "font-family=\"ui-monospace, monospace\" font-size=\"12\">\n{}{}<g "
      "class=\"edges\">\n{}</g>\n{}</svg>\n",
      role, escape_markup(dag.id), layout.width, layout.height, layout.width, layout.height, style, kArrow,
      draw_edges(dag, layout), nodes);
}

}  // namespace

std::vector<std::vector<const Task*>> columns_of(const Dag& dag) {
  std::map<std::string, size_t> column_of;
  std::vector<std::vector<const Task*>> columns;
  for (const Task* task : topological_order(dag)) {
    size_t column = 0;
    for (const std::string& id : task->upstream) column = std::max(column, column_of.at(id) + 1);
    column_of[task->id] = column;
    if (columns.size() <= column) columns.resize(column + 1);
    columns[column].push_back(task);
  }
  return columns;
}

std::string draw_text(const Dag& dag) {
  const auto columns = columns_of(dag);
  return is_plain(columns) ? draw_columns(columns) : draw_list(columns);
}

std::string draw_svg(const Dag& dag, const TaskStates& states) {
  const Layout layout = place_boxes(dag, kBoxHeight, 0);
  std::string nodes;
  for (const Task& task : dag.tasks) {
    nodes += draw_box(task, state_of(states, task), layout, {escape_markup(task.id)}) + "\n";
  }
  constexpr std::string_view kStyle =
      "<style>.edges path{fill:none;stroke:currentColor;opacity:.5;marker-end:url(#arrow)}"
      "marker path{fill:currentColor}.task rect{fill:none;stroke:currentColor}"
      ".task text{fill:currentColor;text-anchor:middle}</style>\n";
  return draw_frame(dag, layout, "img", kStyle, nodes);
}

std::string draw_svg_for_page(const Dag& dag, const TaskStates& states,
                              const std::function<std::string(const Task&)>& path_of) {
  const Layout layout = place_boxes(dag, kPageBoxHeight, kMinPageChars);
  std::string nodes;
  for (const Task& task : dag.tasks) {
    const std::string state = state_of(states, task), path = path_of(task);
    const std::string box = draw_box(task, state, layout, {escape_markup(task.id), state});
    nodes += path.empty() ? box : fmt::format("<a href=\"{}\">{}</a>", escape_markup(path), box);
    nodes += "\n";
  }
  return draw_frame(dag, layout, "group", "", nodes);
}

std::string draw_dot(const Dag& dag) {
  std::string out = fmt::format("digraph \"{}\" {{\n\tgraph [rankdir=LR]\n", dag.id);
  for (const Task* task : topological_order(dag)) out += fmt::format("\t\"{}\"\n", task->id);
  for (const Task* task : topological_order(dag)) {
    for (const std::string& id : task->upstream) out += fmt::format("\t\"{}\" -> \"{}\"\n", id, task->id);
  }
  return out + "}\n";
}

}  // namespace tidemill::workflow
