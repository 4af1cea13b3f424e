#include "app/project_file/settings.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace tidemill::app {
namespace {

template <class Target>
void append(std::vector<SettingInfo>& all, const std::vector<Setting<Target>>& some,
            const std::string& section) {
  for (const Setting<Target>& setting : some) {
    if (setting.info.section == section) all.push_back(setting.info);
  }
}

}  // namespace

bool Condition::holds(const Value& value) const {
  return values.empty() ||
         (std::find(values.begin(), values.end(), value.text) != values.end()) != is_negated;
}

std::string Condition::words() const {
  if (values.empty()) return key;
  std::vector<std::string> each;
  for (const std::string& value : values) each.push_back("\"" + value + "\"");
  return fmt::format("{} {} {}", key, is_negated ? "other than" : "=", join(each, " or "));
}

std::string section_header(const std::string& name, bool repeated) {
  return repeated ? "[[" + name + "]]" : "[" + name + "]";
}

const std::vector<Section>& sections() {
  static const std::vector<Section> kSections = {
      {"project", false, "What the table is about."},
      {"storage", false, "Where data lives."},
      {"metadata", false, "Where the project's own state lives."},
      {"tracking", false, "Where runs and model versions live: an MLflow database."},
      {"engine", false, "What the machine may give."},
      {"source", false, "Where each day's rows come from."},
      {"validate", false, "What the quality score decides."},
      {"quality", true,
       "A rule that the raw data of a day should keep. Write one block a rule. Without any: attributes and "
       "target "
       "not null, the key unique, few outliers, times within their day."},
      {"features", false,
       "Columns made from the row, one a line: `name = \"SQL expression\"` over raw columns and features "
       "above it."},
      {"prepare", false,
       "How raw rows become numbers to learn from. All statistics come from training rows only."},
      {"models", true, "A model to train. Write one block a model; the best of them is registered."},
      {"train", false, "How the best model is picked."},
      {"promote", false, "When a new version goes to Production by itself."},
      {"promote.rules", true, "A threshold in the words of MLflow's MetricThreshold."},
      {"schedule", false, "When the three DAGs run under `tidemill up`."},
      {"alerts", true, "Who is told when something happens to a run or a task under `tidemill up`."},
      {"retention", false, "How long `tidemill gc` leaves what was written of past runs."},
  };
  return kSections;
}

const std::vector<std::string>& sections_not_built() {
  static const std::vector<std::string> kNames = {"serve", "monitor"};
  return kNames;
}

const std::vector<std::string>& metric_names() {
  static const std::vector<std::string> kNames = {"test_rmse", "test_mae", "test_r2"};
  return kNames;
}

std::vector<SettingInfo> all_settings() {
  std::vector<SettingInfo> all;
  for (const Section& section : sections()) {
    append(all, project_settings(), section.name);
    append(all, quality_settings(), section.name);
    append(all, comparison_settings(), section.name);
    append(all, model_settings(), section.name);
    append(all, promotion_settings(), section.name);
    append(all, alert_settings(), section.name);
  }
  return all;
}

}  // namespace tidemill::app
