#include <fmt/format.h>

#include "app/project_file/settings.h"
#include "base/json.h"
#include "base/text.h"

namespace tidemill::app {
namespace {

Value without_passwords(Value value) {
  if (value.is_text()) value.text = without_password(value.text);
  for (Value& item : value.items) item = without_passwords(std::move(item));
  for (Member& member : value.members) member.value = without_passwords(std::move(member.value));
  return value;
}

}  // namespace

std::string show_project(const Project& project) {
  std::string out =
      "# The project file with everything that holds; each comment says where a value comes from.\n";
  for (const EffectiveSection& section : project.effective) {
    if (section.settings.empty()) continue;
    out += fmt::format("\n{}\n", section_header(section.name, section.repeated));
    for (const EffectiveSetting& setting : section.settings) {
      out += setting.is_set ? fmt::format("{} = {}  # {}\n", setting.key,
                                          to_toml(without_passwords(setting.value)), setting.place.text())
                            : fmt::format("# {} is not set\n", setting.key);
    }
  }
  return out;
}

Json project_to_json(const Project& project) {
  Json sections = Json::array();
  for (const EffectiveSection& section : project.effective) {
    Json settings = Json::array();
    for (const EffectiveSetting& setting : section.settings) {
      settings.push_back({{"key", setting.key},
                          {"value", setting.is_set ? to_json(without_passwords(setting.value)) : Json()},
                          {"origin", setting.is_set ? Json(setting.place.text()) : Json()}});
    }
    sections.push_back({{"name", section.name}, {"settings", std::move(settings)}});
  }
  return {{"dir", project.dir.string()}, {"sections", std::move(sections)}};
}

}  // namespace tidemill::app
