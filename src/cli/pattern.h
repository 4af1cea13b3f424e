#pragma once
// An extended regular expression of POSIX: std::regex is slow to compile and GCC warns about its insides.

#include <string>

#include <regex.h>

namespace tidemill::cli {

class Pattern {
 public:
  // `option` is named when the expression cannot be read. Errors: kInvalidArgument.
  Pattern(const std::string& option, const std::string& expression);
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  ~Pattern() { regfree(&regex_); }

  // Anywhere in it.
  bool is_in(const std::string& text) const { return regexec(&regex_, text.c_str(), 0, nullptr, 0) == 0; }

 private:
  regex_t regex_{};
};

}  // namespace tidemill::cli
