#include "app/project_file/problems.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace tidemill::app {

void Problems::add(const Place& place, const std::string& text, bool not_built) {
  const bool placed = place.line > 0 || !place.variable.empty();
  problems_.push_back(
      {place, fmt::format("{}: {}", placed ? place.text() : kProjectFileName, text), not_built});
}

void Problems::add_text(const Place& place, const std::string& whole_text) {
  problems_.push_back({place, whole_text, false});
}

std::vector<std::string> Problems::texts() const {
  std::vector<Problem> sorted = problems_;
  std::stable_sort(sorted.begin(), sorted.end(), [](const Problem& a, const Problem& b) {
    const bool a_from_file = a.place.variable.empty();
    const bool b_from_file = b.place.variable.empty();
    return a_from_file != b_from_file ? a_from_file : a.place.line < b.place.line;
  });
  std::vector<std::string> texts;
  for (const Problem& problem : sorted) texts.push_back(problem.text);
  return texts;
}

void Problems::throw_if_any() const {
  if (problems_.empty()) return;
  const bool all_not_built = std::all_of(problems_.begin(), problems_.end(),
                                         [](const Problem& problem) { return problem.not_built; });
  const ErrorCode code = all_not_built ? ErrorCode::kNotImplemented : ErrorCode::kInvalidArgument;
  if (problems_.size() == 1) throw Error(code, problems_.front().text);
  throw Error(code, fmt::format("{} has {} mistakes:\n  {}", kProjectFileName, problems_.size(),
                                join(texts(), "\n  ")));
}

}  // namespace tidemill::app
