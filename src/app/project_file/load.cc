#include <algorithm>
#include <cctype>
#include <cerrno>
#include <fstream>
#include <functional>
#include <iterator>

#include <fmt/format.h>
#include <unistd.h>

#include "app/project_file/blocks.h"
#include "app/project_file/project.h"
#include "app/project_file/reader.h"
#include "app/project_file/toml_text.h"
#include "base/error.h"
#include "base/text.h"

namespace tidemill::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPrefix = "TIDEMILL__";

// Sections that stand at the top of the file: promote.rules is inside another one.
std::vector<std::string> top_names() {
  std::vector<std::string> names;
  for (const Section& section : sections()) {
    if (section.name.find('.') == std::string::npos) names.push_back(section.name);
  }
  return names;
}

const Section& section_named(const std::string& name) {
  return *std::find_if(sections().begin(), sections().end(),
                       [&](const Section& section) { return section.name == name; });
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

Value value_of_variable(const std::string& section, const std::string& key, const std::string& text) {
  for (const Setting<Project>& setting : project_settings()) {
    if (setting.info.section == section && setting.info.key == key && setting.info.allowed.is_plain_text()) {
      return Value::of_text(text);
    }
  }
  if (section == "features" && (text.empty() || text.front() != '{')) return Value::of_text(text);
  return parse_toml_value(text).value_or(Value::of_text(text));
}

void set_places(Value& value, const Place& place) {
  value.place = place;
  for (Value& item : value.items) set_places(item, place);
  for (Member& member : value.members) {
    member.place = place;
    set_places(member.value, place);
  }
}

// Puts the overriding variables into the file's tree, so that they are checked by the same code.
void apply_environment(Value& root, const Environment& environment, Problems& problems) {
  for (const auto& [variable, text] : environment) {
    if (!variable.starts_with(kPrefix)) continue;
    const Place place{0, variable};
    const std::string name = lower(std::string_view(variable).substr(kPrefix.size()));
    const size_t split = name.find("__");
    const std::string section = name.substr(0, split);
    const std::vector<std::string> names = top_names();
    if (split == std::string::npos || split + 2 == name.size()) {
      problems.add(place,
                   "names no setting: write TIDEMILL__SECTION__KEY, for example TIDEMILL__STORAGE__URI");
    } else if (std::find(names.begin(), names.end(), section) == names.end()) {
      problems.add(place, fmt::format("unknown section '{}'{}", section, did_you_mean(section, names)));
    } else if (section_named(section).repeated) {
      problems.add(place, fmt::format("[[{}]] blocks can be written in {} only", section, kProjectFileName));
    } else {
      const std::string key = name.substr(split + 2);
      Value value = value_of_variable(section, key, text);
      set_places(value, place);
      Value table = root.find(section) != nullptr ? root.find(section)->value : Value::of_table();
      if (!table.is_table()) continue;  // told with the file
      table.set(key, std::move(value));
      root.set(section, std::move(table));
    }
  }
}

void check_top_level(const Value& root, Problems& problems) {
  const std::vector<std::string> names = top_names();
  const std::vector<std::string>& later = sections_not_built();
  for (const Member& member : root.members) {
    const std::vector<Value>& items = member.value.items;
    const bool is_block =
        member.value.is_table() ||
        (!items.empty() && std::all_of(items.begin(), items.end(), std::mem_fn(&Value::is_table)));
    if (std::find(names.begin(), names.end(), member.key) != names.end()) {
      const bool repeated = section_named(member.key).repeated;
      if (repeated != member.value.is_list() || !is_block) {
        problems.add(member.place,
                     fmt::format("'{}' is written as {}, got {}", member.key,
                                 section_header(member.key, repeated) + (repeated ? " blocks" : ""),
                                 describe(member.value)));
      }
    } else if (std::find(later.begin(), later.end(), member.key) != later.end()) {
      problems.add(member.place,
                   fmt::format("section '[{}]' is not built yet: take it out until it is", member.key), true);
    } else if (is_block) {
      const std::string near = nearest_name(member.key, names);
      problems.add(member.place,
                   fmt::format("unknown section '[{}]'; {}", member.key,
                               near.empty() ? "there are " + join(names)
                                            : "did you mean '" +
                                                  section_header(near, section_named(near).repeated) + "'?"));
    } else {
      std::string hint = ": a file begins with a section such as [project]";
      for (const SettingInfo& setting : all_settings()) {
        if (setting.key == member.key)
          hint = fmt::format("; did you mean '{}' in [{}]?", setting.key, setting.section);
        if (setting.key == member.key) break;
      }
      problems.add(member.place, fmt::format("unknown key '{}' outside of any section{}", member.key, hint));
    }
  }
}

const Value& section_value(const Value& root, const std::string& name) {
  static const Value kNothing = Value::of_table();
  const Member* member = root.find(name);
  return member != nullptr ? member->value : kNothing;
}

// Tables of a [[list]]; what is none has been told by check_top_level or by the setting's own check.
std::vector<Value> blocks_of(const Value& list) {
  std::vector<Value> blocks;
  for (const Value& item : list.items) {
    if (item.is_table()) blocks.push_back(item);
  }
  return blocks;
}

void read_models(const Value& root, Project& project, Problems& problems) {
  for (const Value& block : blocks_of(section_value(root, "models"))) {
    EffectiveSection& shown = project.effective.emplace_back(EffectiveSection{"models", true, {}});
    pipeline::ModelSpec spec = read_model(block, problems, shown);
    for (const pipeline::ModelSpec& earlier : project.train.models) {
      if (!spec.name.empty() && earlier.name == spec.name) {
        const Member* name = block.find("name");
        problems.add(name->value.place,
                     fmt::format("models.name: \"{}\" is already the name of the model at {}", spec.name,
                                 earlier.place));
      }
    }
    project.train.models.push_back(std::move(spec));
  }
  if (project.train.models.empty() && root.find("models") == nullptr) {
    problems.add(
        {},
        "no model to train: add a [[models]] block, for example name = \"linear_regression\" and kind = "
        "\"linear_regression\"");
  }
}

void read_alerts(const Value& root, Project& project, Problems& problems) {
  for (const Value& block : blocks_of(section_value(root, "alerts"))) {
    EffectiveSection& shown = project.effective.emplace_back(EffectiveSection{"alerts", true, {}});
    dags::AlertOptions alert = read_alert(block, project.train.models, problems, shown);
    for (const dags::AlertOptions& earlier : project.alerts) {
      if (alert.callback.name.empty() || earlier.callback.name != alert.callback.name) continue;
      problems.add(
          block.find("name")->value.place,
          fmt::format("alerts.name: \"{}\" is already the name of another alert", alert.callback.name));
    }
    project.alerts.push_back(std::move(alert));
  }
}

// "promote.rules" as written, or its default.
void read_promotion(const Value& root, Project& project, Problems& problems) {
  const Member* written = section_value(root, "promote").find("rules");
  Value rules;
  if (written != nullptr) {
    rules = written->value;
  } else {
    for (const Setting<Project>& setting : project_settings()) {
      if (setting.info.section == "promote" && setting.info.key == "rules")
        rules = default_value(setting.info);
    }
  }
  for (const Value& block : blocks_of(rules)) {
    EffectiveSection shown;
    project.train.promotion.push_back(read_promotion_rule(block, problems, shown));
  }
}

// Settings that are right one by one and wrong together.
void check_together(const Value& root, const Project& project, Problems& problems) {
  const Value& table = section_value(root, "project");
  const auto place_of = [](const Value& in, const char* key) {
    const Member* member = in.find(key);
    return member != nullptr ? member->value.place : in.place;
  };
  const pipeline::TableRoles& roles = project.roles;
  if (!roles.key.empty() && roles.key == roles.target) {
    problems.add(place_of(table, "target"),
                 fmt::format("project.target: \"{}\" is already the key", roles.target));
  }
  if (!roles.time.empty() && (roles.time == roles.key || roles.time == roles.target)) {
    problems.add(place_of(table, "time"), fmt::format("project.time: \"{}\" is already the {}", roles.time,
                                                      roles.time == roles.key ? "key" : "target"));
  }
  const Value& source = section_value(root, "source");
  if (const auto* files = std::get_if<pipeline::FilesSource>(&project.ingest.source);
      files != nullptr && !files->glob.empty()) {
    const bool date_in_path = files->glob.find("{date}") != std::string::npos;
    if (date_in_path && !files->date_column.empty()) {
      problems.add(place_of(source, "date_column"),
                   "the day stands in source.glob as {date}: leave source.date_column out");
    }
    if (!date_in_path && files->date_column.empty()) {
      problems.add(place_of(source, "glob"),
                   "source.glob needs {date}, or source.date_column must name a column with the day");
    }
  }
  for (const std::string& column : project.prepare.drop_columns) {
    if (column != roles.key && column != roles.target) continue;
    problems.add(
        place_of(section_value(root, "prepare"), "drop"),
        fmt::format("prepare.drop: \"{}\" is the {}", column, column == roles.key ? "key" : "target"));
  }
}

// Gives every stage what they share.
void complete_stages(Project& project) {
  project.ingest.roles = project.validate.roles = project.prepare.roles = project.roles;
  project.ingest.seed = project.train.seed = project.seed;
  project.ingest.thread_count = project.validate.thread_count = project.prepare.thread_count =
      project.train.thread_count = project.thread_count;
  project.ingest.project_dir = project.dir;
  if (project.memory_limit_bytes > 0) {
    project.prepare.memory_budget_bytes =
        std::min(project.prepare.memory_budget_bytes, project.memory_limit_bytes / 2);
  }
}

Project read_project(std::string_view text, const fs::path& dir, const Environment& environment,
                     Problems& problems) {
  Value root = parse_toml(text);
  apply_environment(root, environment, problems);
  check_top_level(root, problems);

  Project project;
  project.dir = fs::absolute(dir).lexically_normal();
  project.stores.base_dir = project.dir;
  project.stores.environment = environment;
  for (const Section& section : sections()) {
    const Value& value = section_value(root, section.name);
    if (section.name == "quality") {
      for (const Value& block : blocks_of(value)) {
        EffectiveSection& shown = project.effective.emplace_back(EffectiveSection{"quality", true, {}});
        project.validate.rules.push_back(read_quality_rule(block, problems, shown));
      }
    } else if (section.name == "models") {
      read_models(root, project, problems);
    } else if (section.name == "alerts") {
      read_alerts(root, project, problems);
    } else if (section.name == "promote.rules") {
      read_promotion(root, project, problems);
    } else {
      EffectiveSection& shown = project.effective.emplace_back(EffectiveSection{section.name, false, {}});
      if (section.name == "features") {
        project.prepare.features = read_features(value, project.roles, problems, shown);
      } else {
        read_settings(section.name, value, project_settings(), project, problems, shown);
      }
    }
  }
  check_together(root, project, problems);
  check_columns(root, project, problems);
  complete_stages(project);
  return project;
}

std::string read_file(const fs::path& dir) {
  const fs::path path = dir / kProjectFileName;
  if (dir.filename() == kProjectFileName && fs::is_regular_file(dir)) {
    const fs::path folder = dir.has_parent_path() ? dir.parent_path() : fs::path(".");
    throw Error(ErrorCode::kNotFound, fmt::format("'{}' is the project's file: name its folder, -C {}",
                                                  dir.string(), folder.string()));
  }
  if (!fs::is_regular_file(path)) {
    throw Error(
        ErrorCode::kNotFound,
        fmt::format(
            "there is no {} in '{}': make one with 'tidemill init {}', or name the project's folder with -C",
            kProjectFileName, dir.string(), dir.string()));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) throw_system_error(errno, "read", path.string());
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

Environment process_environment() {
  Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (equals != std::string_view::npos) {
      environment.emplace(std::string(text.substr(0, equals)), std::string(text.substr(equals + 1)));
    }
  }
  return environment;
}

Project parse_project(std::string_view text, const fs::path& dir, const Environment& environment) {
  Problems problems;
  Project project = read_project(text, dir, environment, problems);
  problems.throw_if_any();
  return project;
}

Project load_project(const fs::path& dir, const Environment& environment) {
  return parse_project(read_file(dir), dir, environment);
}

std::vector<std::string> check_project(const fs::path& dir, const Environment& environment) {
  const std::string text = read_file(dir);
  Problems problems;
  try {
    read_project(text, dir, environment, problems);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kInvalidArgument) throw;
    return {error.message()};  // no TOML: nothing behind the mistake can be read
  }
  return problems.texts();
}

}  // namespace tidemill::app
