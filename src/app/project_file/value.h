#pragma once
// What a project file says, as a tree that remembers where each part stands. The rest of this folder works
// on these values; only toml_text.cc knows the TOML library.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"

namespace tidemill::app {

inline constexpr char kProjectFileName[] = "tidemill.toml";

// Where a value comes from: a line of the project file, a variable of the environment, or neither (a
// default).
struct Place {
  int line = 0;
  std::string variable;

  // "tidemill.toml:12", "environment variable TIDEMILL__SOURCE__MISSING", "tidemill.toml" or "default".
  std::string text() const;
};

struct Member;

struct Value {
  enum class Kind { kText, kInteger, kNumber, kBoolean, kDate, kTime, kList, kTable };

  Kind kind = Kind::kText;
  std::string text;  // kText; kDate and kTime as written
  int64_t integer = 0;
  double number = 0;
  bool boolean = false;
  std::vector<Value> items;     // kList
  std::vector<Member> members;  // kTable, in the order of the file
  Place place;

  static Value of_text(std::string text);
  static Value of_table();
  static Value of_kind(Kind kind);

  bool is_text() const { return kind == Kind::kText; }
  bool is_list() const { return kind == Kind::kList; }
  bool is_table() const { return kind == Kind::kTable; }
  bool is_number() const { return kind == Kind::kNumber || kind == Kind::kInteger; }
  double as_double() const { return kind == Kind::kInteger ? static_cast<double>(integer) : number; }
  std::vector<std::string> as_texts() const;  // of a list of texts

  const Member* find(std::string_view key) const;  // nullptr when absent or no table
  void set(std::string_view key, Value value);     // replaces or appends; of a table
};

struct Member {
  std::string key;
  Place place;  // of the key
  Value value;
};

inline Value Value::of_table() {
  return of_kind(Kind::kTable);
}

// On one line, as TOML writes it: "a", 0.2, [1, 2], { a = 1 }.
std::string to_toml(const Value& value);
Json to_json(const Value& value);

// For messages: the string "a lot", 1.5, true, a list, a table. Long texts are cut after 60 characters.
std::string describe(const Value& value);

}  // namespace tidemill::app
