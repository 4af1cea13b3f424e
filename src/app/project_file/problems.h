#pragma once
// The mistakes found in a project file: all are collected, then told together.

#include <string>
#include <vector>

#include "app/project_file/value.h"

namespace tidemill::app {

class Problems {
 public:
  void add(const Place& place, const std::string& text, bool not_built = false);
  // For messages that already begin with their place.
  void add_text(const Place& place, const std::string& whole_text);

  bool empty() const { return problems_.empty(); }
  size_t count() const { return problems_.size(); }
  // In the order of the file; those of the environment last.
  std::vector<std::string> texts() const;
  // Errors: kInvalidArgument, or kNotImplemented when every problem is something not built yet.
  void throw_if_any() const;

 private:
  struct Problem {
    Place place;
    std::string text;
    bool not_built = false;
  };
  std::vector<Problem> problems_;
};

}  // namespace tidemill::app
