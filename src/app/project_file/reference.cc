#include <algorithm>

#include <fmt/format.h>

#include "app/project_file/settings.h"
#include "base/text.h"
#include "pipeline/validate/rules.h"

namespace tidemill::app {
namespace {

constexpr std::string_view kIntroduction =
    R"md(# The project file

`tidemill.toml` is everything a project is. This page is made from the program's own declarations
(`tidemill config reference`); `tidemill config show` prints the values that hold and where each comes from,
`tidemill config check` finds every mistake without running anything.

- A setting that is not written has its default. A key or section that does not exist is an error, with the
  nearest name that does.
- An environment variable overrides a setting: `TIDEMILL__STORAGE__URI` is `uri` of `[storage]`. Text is taken
  as it stands, everything else is written as in TOML. Blocks in double brackets are written in the file only.
- Secrets never stand in the file: other programs' own variables (`AWS_*`, `MLFLOW_TRACKING_*`) carry them.
- Paths start at the folder of the file.
)md";

constexpr std::string_view kFeatures = R"md(
A feature sees one row: raw columns and the features above it, no other rows, no files, nothing random.
A comparison divides a value by its mean within the row's group, learned from training rows:

```toml
[features]
spend_per_transaction = "total_spend / if(num_transactions < 1, 1, num_transactions)"
spend_vs_segment_avg = { value = "total_spend", group = "customer_segment" }
```
)md";

std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) out += c == '|' ? std::string("\\|") : std::string(1, c);
  return out;
}

std::string default_cell(const SettingInfo& setting) {
  if (setting.need == Need::kRequired) return "required";
  return setting.default_toml.empty() ? "not set" : "`" + cell(setting.default_toml) + "`";
}

std::string setting_row(const SettingInfo& setting) {
  std::vector<std::string> conditions;
  for (const Condition& condition : setting.conditions) conditions.push_back(condition.words());
  const std::string only = conditions.empty() ? "" : fmt::format(" Only with {}.", join(conditions, " and "));
  return fmt::format("| `{}` | {} | {} | {} |\n", setting.key, default_cell(setting),
                     cell(setting.allowed.words()), cell(setting.sentence + only));
}

std::string default_of(const models::ParameterSpec& parameter) {
  const std::string text = models::format_parameter(parameter.default_value);
  const bool is_text = std::holds_alternative<std::string>(parameter.default_value) ||
                       std::holds_alternative<std::monostate>(parameter.default_value);
  return is_text ? "\"" + text + "\"" : text;
}

std::string quality_rules() {
  std::string out = "\n### Rules\n\n| rule | what must hold |\n|---|---|\n";
  for (const pipeline::RuleKind& kind : pipeline::rule_kinds()) {
    out += fmt::format("| `{}` | {} |\n", kind.name, cell(kind.summary));
  }
  return out;
}

std::string model_kinds() {
  std::string out;
  for (const std::string& name : models::model_kind_names()) {
    out += fmt::format("\n### Parameters of {}\n\n| parameter | default | allowed |\n|---|---|---|\n", name);
    for (const models::ParameterSpec& parameter : models::find_model_kind(name)->parameters()) {
      out += fmt::format("| `{}` | `{}` | {} |\n", parameter.name, default_of(parameter),
                         cell(parameter.allowed));
    }
  }
  return out;
}

}  // namespace

std::string project_file_reference() {
  std::string page(kIntroduction);
  const std::vector<SettingInfo> settings = all_settings();
  for (const Section& section : sections()) {
    page +=
        fmt::format("\n## `{}`\n\n{}\n", section_header(section.name, section.repeated), section.sentence);
    if (section.name == "features") page += std::string(kFeatures) + "\nKeys of a comparison:\n";
    page += "\n| key | default | allowed | what it does |\n|---|---|---|---|\n";
    for (const SettingInfo& setting : settings) {
      if (setting.section == section.name) page += setting_row(setting);
    }
    if (section.name == "quality") page += quality_rules();
    if (section.name == "models") page += model_kinds();
  }
  page += fmt::format("\nNot built yet, and refused until they are: {}.\n", [] {
    std::vector<std::string> names;
    for (const std::string& name : sections_not_built()) names.push_back("`[" + name + "]`");
    return join(names);
  }());
  return page;
}

}  // namespace tidemill::app
