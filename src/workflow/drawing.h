#pragma once
// A DAG as a picture: for a terminal, as SVG for pages and files, as text for Graphviz.

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "workflow/dag.h"

namespace tidemill::workflow {

// Tasks in columns from left to right: each one column after the last of its upstream; by id within a column.
std::vector<std::vector<const Task*>> columns_of(const Dag& dag);

// One line a task at most; lines end with a newline. Where tasks follow on each other across columns or not
// all on all, a list of tasks with what they follow on instead.
//
//   check_new_data ─┬─▶ train_a ─┬─▶ select_best_model
//                   └─▶ train_b ─┘
std::string draw_text(const Dag& dag);

// Names by task id; what is not in there has no state yet.
using TaskStates = std::map<std::string, std::string>;

// A whole <svg> element that follows the light or dark of its surroundings; each box has the class "task" and
// its state's name as another. Ids are escaped.
std::string draw_svg(const Dag& dag, const TaskStates& states = {});

// The same for a page that has the style itself: each box says its state too and leads to what `path_of`
// gives for the task ("" for nowhere).
std::string draw_svg_for_page(const Dag& dag, const TaskStates& states,
                              const std::function<std::string(const Task&)>& path_of);

// Graphviz's language, as `airflow dags show` prints it.
std::string draw_dot(const Dag& dag);

}  // namespace tidemill::workflow
