#include <algorithm>
#include <cctype>

#include <fmt/format.h>

#include "app/project_file/blocks.h"
#include "app/project_file/reader.h"

namespace tidemill::app {
namespace {

using pipeline::FeatureDefinition;

constexpr size_t kLongestFeatureName = 63;

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_feature_name(const std::string& name) {
  return !name.empty() && name.size() <= kLongestFeatureName && !is_digit(name[0]) &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '_'; });
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(c < 0x80 ? std::tolower(c) : c); });
  return text;
}

bool same_name(const std::string& a, const std::string& b) {
  return lower(a) == lower(b);
}

std::string name_problem(const std::string& name, const std::vector<FeatureDefinition>& earlier,
                         const pipeline::TableRoles& roles) {
  if (!is_feature_name(name)) {
    return fmt::format("'{}' cannot name a feature: use letters, digits and '_', no digit first, at most {}",
                       name, kLongestFeatureName);
  }
  for (const auto& [role, column] :
       {std::pair{"key", roles.key}, {"time", roles.time}, {"target", roles.target}}) {
    if (!column.empty() && same_name(name, column)) {
      return fmt::format("feature '{}' has the name of the {} column: choose another name", name, role);
    }
  }
  for (const FeatureDefinition& feature : earlier) {
    if (same_name(feature.name, name)) {
      return fmt::format("feature '{}' is defined twice, first at {} (names in SQL have no case)", name,
                         feature.place);
    }
  }
  return "";
}

std::string comparison_problem(const FeatureDefinition& feature, const pipeline::TableRoles& roles,
                               const Value& table) {
  for (const auto& [role, name] : {std::pair{"value", feature.value}, {"group", feature.group}}) {
    if (same_name(name, roles.target)) {
      return fmt::format("feature '{}': its {} is the target '{}', which is unknown when predicting",
                         feature.name, role, roles.target);
    }
    if (same_name(name, feature.name))
      return fmt::format("feature '{}': its {} is itself", feature.name, role);
  }
  if (same_name(feature.group, roles.key)) {
    return fmt::format("feature '{}': its group is the key '{}', which is another one in each row",
                       feature.name, roles.key);
  }
  // Features below this one: not made yet when this one is.
  bool is_below = false;
  for (const Member& member : table.members) {
    if (is_below && same_name(member.key, feature.value)) {
      return fmt::format("feature '{}': its value '{}' is defined below it: move it above", feature.name,
                         feature.value);
    }
    is_below = is_below || member.key == feature.name;
  }
  return "";
}

}  // namespace

bool mentions_column(const std::string& expression, const std::string& name) {
  const auto is_part = [](char c) {
    return is_letter(c) || is_digit(c) || c == '_' || c == '$' || static_cast<unsigned char>(c) >= 0x80;
  };
  size_t i = 0;
  while (i < expression.size()) {
    const char c = expression[i];
    if (c == '\'' || c == '"') {
      const size_t end = std::min(expression.find(c, i + 1), expression.size());
      if (c == '"' && same_name(expression.substr(i + 1, end - i - 1), name)) return true;
      i = end + 1;
    } else if (is_part(c)) {
      size_t end = i;
      while (end < expression.size() && is_part(expression[end])) ++end;
      // A name before a parenthesis is a function.
      const size_t next = expression.find_first_not_of(" \t\r\n", end);
      const bool is_call = next != std::string::npos && expression[next] == '(';
      if (!is_call && same_name(expression.substr(i, end - i), name)) return true;
      i = end;
    } else {
      ++i;
    }
  }
  return false;
}

std::vector<FeatureDefinition> read_features(const Value& table, const pipeline::TableRoles& roles,
                                             Problems& problems, EffectiveSection& effective) {
  std::vector<FeatureDefinition> features;
  for (const Member& member : table.members) {
    FeatureDefinition feature;
    feature.name = member.key;
    feature.place = member.place.text();
    std::string problem = name_problem(member.key, features, roles);
    if (!problem.empty()) problems.add(member.place, problem);

    if (member.value.is_table()) {
      EffectiveSection parts;
      read_settings("features", member.value, comparison_settings(), feature, problems, parts);
      if (!feature.value.empty() && !feature.group.empty()) {
        problem = comparison_problem(feature, roles, table);
        if (!problem.empty()) problems.add(member.place, problem);
      }
    } else if (!member.value.is_text() ||
               member.value.text.find_first_not_of(" \t\r\n") == std::string::npos) {
      problems.add(
          member.value.place,
          fmt::format("features.{}: expected a SQL expression in quotes or {{ value = \"column\", group = "
                      "\"column\" }}, got {}",
                      member.key, describe(member.value)));
    } else {
      feature.expression = member.value.text;
      if (!roles.target.empty() && mentions_column(feature.expression, roles.target)) {
        problems.add(member.value.place,
                     fmt::format("feature '{}' uses the target '{}', which is unknown when predicting",
                                 member.key, roles.target));
      }
    }
    effective.settings.push_back({member.key, member.value, member.place, true});
    features.push_back(std::move(feature));
  }
  return features;
}

}  // namespace tidemill::app
