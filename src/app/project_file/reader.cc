#include "app/project_file/reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "app/project_file/toml_text.h"
#include "base/error.h"
#include "base/text.h"

namespace tidemill::app {
namespace {

std::vector<std::string> keys_of(const std::vector<SettingInfo>& settings) {
  std::vector<std::string> keys;
  for (const SettingInfo& setting : settings) keys.push_back(setting.key);
  return keys;
}

// "; did you mean 'test_fraction'?", else where such a key exists, else what exists here.
std::string hint_for(const std::string& key, const std::vector<std::string>& keys) {
  std::string near = did_you_mean(key, keys);
  if (!near.empty()) return near;
  for (const Section& section : sections()) {
    if (section.name == key) return fmt::format("; did you mean {}?", section_header(key, section.repeated));
  }
  for (const SettingInfo& setting : all_settings()) {
    if (setting.key == key) return fmt::format("; did you mean '{}.{}'?", setting.section, key);
  }
  return "; allowed here: " + join(keys);
}

// Whether `setting` exists in this table; tells when it is given and does not. Where the deciding one is
// missing or was refused, that has been told and there is nothing to say about this one.
bool applies(const std::string& path, const SettingInfo& setting, const Value& table,
             const std::vector<SettingInfo>& settings, const ResolvedValues& values, Problems& problems) {
  for (const Condition& condition : setting.conditions) {
    const auto found = std::find_if(settings.begin(), settings.end(),
                                    [&](const SettingInfo& other) { return other.key == condition.key; });
    const std::optional<Value>& decides = values[static_cast<size_t>(found - settings.begin())];
    if (decides && condition.holds(*decides)) continue;
    const bool is_missing = !decides && !condition.values.empty();
    const bool is_refused = !decides && table.find(condition.key) != nullptr;
    if (is_missing || is_refused) return false;
    if (const Member* given = table.find(setting.key)) {
      problems.add(given->place,
                   decides
                       ? fmt::format("'{}.{}' is for {} only; here {} = {}", path, setting.key,
                                     condition.words(), condition.key, to_toml(*decides))
                       : fmt::format("'{}.{}' has no effect without '{}'", path, setting.key, condition.key));
    }
    return false;
  }
  return true;
}

}  // namespace

Value default_value(const SettingInfo& setting) {
  std::optional<Value> value = parse_toml_value(setting.default_toml);
  if (!value) {
    throw Error(ErrorCode::kInternal, fmt::format("the declared default of {}.{} is no TOML value: {}",
                                                  setting.section, setting.key, setting.default_toml));
  }
  value->place = {};
  return *value;
}

ResolvedValues resolve(const std::string& path, const Value& table, const std::vector<SettingInfo>& settings,
                       Problems& problems, EffectiveSection& effective) {
  for (const Member& member : table.members) {
    const std::vector<std::string> keys = keys_of(settings);
    if (std::find(keys.begin(), keys.end(), member.key) == keys.end()) {
      problems.add(member.place,
                   fmt::format("unknown key '{}.{}'{}", path, member.key, hint_for(member.key, keys)));
    }
  }
  ResolvedValues values(settings.size());
  for (size_t i = 0; i < settings.size(); ++i) {
    const SettingInfo& setting = settings[i];
    const Member* given = table.find(setting.key);
    if (!applies(path, setting, table, settings, values, problems)) continue;
    if (given != nullptr) {
      bool not_built = false;
      const std::string problem = setting.allowed.problem(given->value, not_built);
      if (problem.empty()) {
        values[i] = given->value;
      } else {
        problems.add(given->value.place, fmt::format("{}.{}: {}", path, setting.key, problem), not_built);
      }
    } else if (setting.need == Need::kRequired) {
      problems.add(table.place,
                   fmt::format("'{}.{}' is missing: give {}", path, setting.key, setting.allowed.words()));
    } else if (!setting.default_toml.empty()) {
      values[i] = default_value(setting);
    }
    if (values[i]) {
      effective.settings.push_back({setting.key, *values[i], values[i]->place, true});
    } else if (given == nullptr) {
      effective.settings.push_back({setting.key, {}, {}, false});
    }
  }
  return values;
}

}  // namespace tidemill::app
