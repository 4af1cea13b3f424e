#include "cli/option_checks.h"

#include <algorithm>
#include <charconv>
#include <functional>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <strings.h>

#include "base/text.h"

namespace tidemill::cli {
namespace {

constexpr char kMayBeEmpty[] = "may be empty";

CLI::Validator validator(const std::function<std::string(std::string&)>& check, const char* name) {
  return CLI::Validator(check, "", name);  // no description: it would stand in --help
}

bool has_validator(CLI::Option& option, const char* name) {
  try {
    return option.get_validator(name) != nullptr;
  } catch (const CLI::OptionNotFound&) {
    return false;
  }
}

}  // namespace

CLI::Validator integer_between(int64_t from, int64_t to) {
  const auto check = [from, to](std::string& text) -> std::string {
    int64_t value = 0;
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    if (error == std::errc() && stop == end && value >= from && value <= to) {
      text = std::to_string(value);  // "010" is ten, not eight
      return "";
    }
    return to == INT_MAX ? fmt::format("'{}' is no integer of {} or more", text, from)
                         : fmt::format("'{}' is no integer from {} to {}", text, from, to);
  };
  return validator(check, "integer");
}

CLI::Validator one_of(std::vector<std::string> names) {
  const auto check = [names = std::move(names)](std::string& text) -> std::string {
    const auto found = std::find_if(names.begin(), names.end(), [&](const std::string& name) {
      return strcasecmp(name.c_str(), text.c_str()) == 0;
    });
    if (found == names.end()) return fmt::format("'{}' is none of them: {}", text, join(names));
    text = *found;
    return "";
  };
  return validator(check, "name");
}

void refuse_empty_values(CLI::App& app) {
  for (CLI::Option* option : app.get_options()) {
    if (has_validator(*option, kMayBeEmpty)) continue;
    option->check(validator(
        [](std::string& text) { return std::string(text.empty() ? "the value is empty" : ""); }, "filled"));
  }
  for (CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    refuse_empty_values(*command);
  }
}

CLI::Option* may_be_empty(CLI::Option* option) {
  return option->check(validator([](std::string&) { return std::string(); }, kMayBeEmpty));
}

}  // namespace tidemill::cli
