#pragma once
// A task's log for people.

#include <functional>
#include <iosfwd>
#include <string>

namespace tidemill::cli {

// Prints a line for each record; with `follow` goes on until
// `has_ended`. Errors: kNotFound when the task has no log yet.
void show_task_log(std::ostream& out, const std::string& file, bool follow,
                   const std::function<bool()>& has_ended);

}  // namespace tidemill::cli
