#pragma once
// A table of the file against the declared settings: unknown keys, missing keys, wrong values, defaults.

#include <optional>
#include <string>
#include <vector>

#include "app/project_file/problems.h"
#include "app/project_file/settings.h"

namespace tidemill::app {

// settings[i] with the value that holds for it; nullopt when it is not set or was refused.
using ResolvedValues = std::vector<std::optional<Value>>;

// `path` begins the name of a key in messages ("prepare", "models"). Every mistake goes to `problems`, what
// holds to `effective`.
ResolvedValues resolve(const std::string& path, const Value& table, const std::vector<SettingInfo>& settings,
                       Problems& problems, EffectiveSection& effective);

// Reads the settings of `section` from `table` into `target`.
template <class Target>
void read_settings(const std::string& section, const Value& table,
                   const std::vector<Setting<Target>>& declared, Target& target, Problems& problems,
                   EffectiveSection& effective) {
  std::vector<SettingInfo> infos;
  std::vector<const Setting<Target>*> chosen;
  for (const Setting<Target>& setting : declared) {
    if (setting.info.section != section) continue;
    infos.push_back(setting.info);
    chosen.push_back(&setting);
  }
  const ResolvedValues values = resolve(section, table, infos, problems, effective);
  for (size_t i = 0; i < chosen.size(); ++i) {
    if (values[i]) chosen[i]->apply(target, *values[i]);
  }
}

// The value a declared default stands for. Errors: kInternal when the declaration is wrong.
Value default_value(const SettingInfo& setting);

}  // namespace tidemill::app
