#pragma once
// Every setting of the project file, declared once. Parsing, hints for unknown keys, `config show` and the
// reference page are made from these tables. To add a setting: one entry in
// project_settings.cc, block_settings.cc or alert_blocks.cc.

#include <string>
#include <vector>

#include "app/project_file/allowed.h"
#include "app/project_file/project.h"
#include "dags/alerts.h"

namespace tidemill::app {

struct Section {
  std::string name;       // "prepare", "models", "promote.rules"
  bool repeated = false;  // [[models]]
  std::string sentence;
};

// The setting exists only where another one of the same section, declared before it, has one of these values
// (or none of them), or is set at all when there are no values.
struct Condition {
  std::string key;
  std::vector<std::string> values;
  bool is_negated = false;

  bool holds(const Value& value) const;
  std::string words() const;  // `kind = "files"`, "tune"
};

enum class Need { kRequired, kOptional };

struct SettingInfo {
  std::string section;
  std::string key;
  Allowed allowed;
  std::string default_toml;  // as the file would say it; "" when there is none
  Need need = Need::kOptional;
  std::string sentence;
  std::vector<Condition> conditions;  // all must hold
};

template <class Target>
struct Setting {
  SettingInfo info;
  void (*apply)(Target&, const Value&);
};

// A [[models]] block as written; the learners' own parameters are checked by the learners.
struct ModelBlock {
  std::string name;
  std::string kind;
  std::vector<std::string> command;
  Value parameters = Value::of_table();
  Value grid = Value::of_table();
  bool is_tuned = false;
  int folds = 3;
  std::string search;
  int candidate_count = 0;
};

// "[prepare]" or "[[models]]".
std::string section_header(const std::string& name, bool repeated);

const std::vector<Section>& sections();
// Sections that the design knows and this version does not have.
const std::vector<std::string>& sections_not_built();

// What a model is judged by.
const std::vector<std::string>& metric_names();

const std::vector<Setting<Project>>& project_settings();
const std::vector<Setting<pipeline::QualityRule>>& quality_settings();
const std::vector<Setting<pipeline::FeatureDefinition>>& comparison_settings();
const std::vector<Setting<ModelBlock>>& model_settings();
const std::vector<Setting<pipeline::PromotionRule>>& promotion_settings();
const std::vector<Setting<dags::AlertOptions>>& alert_settings();

// All of them, in the order of sections().
std::vector<SettingInfo> all_settings();

}  // namespace tidemill::app
