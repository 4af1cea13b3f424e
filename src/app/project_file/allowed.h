#pragma once
// What a setting may be: the one place where a value is checked and where the words for it are made, so
// that messages, `config show` and the reference page say the same.

#include <optional>
#include <string>
#include <vector>

#include "app/project_file/value.h"

namespace tidemill::app {

class Allowed {
 public:
  // Text with something in it; `what` says what for ("a folder", "a column").
  static Allowed text(std::string what);
  // Letters, digits, '_', '-' and '.', at most 100 of them, letter or digit first.
  static Allowed name();
  // One of `names`; those in `later` are known and not built.
  static Allowed choice(std::vector<std::string> names, std::vector<std::string> later = {});
  // "<scheme>:<rest>" with one of the schemes; those in `later` are known and not built.
  static Allowed uri(std::vector<std::string> schemes, std::vector<std::string> later);
  static Allowed integer(int64_t low, std::optional<int64_t> high = std::nullopt);
  static Allowed number(std::optional<double> low, std::optional<double> high);
  // Without its ends: a share of rows that must leave some on both sides.
  static Allowed number_between(double above, double below);
  static Allowed boolean();
  static Allowed date();    // 2026-11-05, quoted or not
  static Allowed memory();  // "512 MB", "1.5 GiB", at least 64 MB
  // A list of texts without repeats; may be empty.
  static Allowed texts(std::string what);
  // A list of some of `names`, without repeats, not empty.
  static Allowed choices(std::vector<std::string> names);
  // A program and its arguments.
  static Allowed command();
  // A list of values, any of text, numbers and booleans, without repeats, not empty.
  static Allowed scalars();
  static Allowed table(std::string what);
  static Allowed tables(std::string what);
  // Text that `check` takes: it throws an Error that says what is wrong.
  static Allowed checked(std::string what, void (*check)(const std::string& text));
  // Also this one word: "all", "auto".
  Allowed or_word(std::string word) const;

  // "a number between 0 and 1", "\"warn\" or \"stop\"".
  std::string words() const;
  // What is wrong with `value`: "" when nothing is, else "expected ..., got ...". May set `not_built`.
  std::string problem(const Value& value, bool& not_built) const;
  // Whether an environment variable's text is the value as it stands, rather than TOML.
  bool is_plain_text() const;

 private:
  enum class Form {
    kText,
    kName,
    kChoice,
    kUri,
    kInteger,
    kNumber,
    kBoolean,
    kDate,
    kMemory,
    kTexts,
    kChoices,
    kCommand,
    kScalars,
    kTable,
    kTables,
    kChecked
  };
  explicit Allowed(Form form) : form_(form) {}

  bool fits(const Value& value) const;
  bool number_fits(double value) const;
  std::string range_words(const char* noun) const;
  std::string list_problem(const Value& value) const;
  std::string check_problem(const Value& value) const;

  Form form_;
  std::string what_;
  std::vector<std::string> names_;
  std::vector<std::string> later_;
  std::optional<double> low_;
  std::optional<double> high_;
  bool open_ = false;
  std::string word_;
  void (*check_)(const std::string& text) = nullptr;
};

// Bytes of "512 MB" (10^6) or "1.5 GiB" (2^30); nullopt for anything else.
std::optional<uint64_t> parse_memory(const std::string& text);

}  // namespace tidemill::app
