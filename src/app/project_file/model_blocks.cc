#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "app/project_file/blocks.h"
#include "app/project_file/reader.h"
#include "base/error.h"
#include "base/text.h"

namespace tidemill::app {
namespace {

using models::ParameterSpec;
using models::ParameterValue;

// nullopt for what no hyperparameter can be: lists, tables, dates, NaN.
std::optional<ParameterValue> to_parameter(const Value& value) {
  switch (value.kind) {
    case Value::Kind::kText:
      return value.text == "None" ? ParameterValue() : ParameterValue(value.text);
    case Value::Kind::kInteger:
      return ParameterValue(value.integer);
    case Value::Kind::kNumber:
      return std::isfinite(value.number) ? std::optional<ParameterValue>(value.number) : std::nullopt;
    case Value::Kind::kBoolean:
      return ParameterValue(value.boolean);
    default:
      return std::nullopt;
  }
}

Value to_value(const ParameterValue& parameter) {
  Value value = Value::of_text(models::format_parameter(parameter));
  if (const auto* number = std::get_if<double>(&parameter)) {
    value.kind = Value::Kind::kNumber;
    value.number = *number;
  } else if (const auto* integer = std::get_if<int64_t>(&parameter)) {
    value.kind = Value::Kind::kInteger;
    value.integer = *integer;
  } else if (const auto* boolean = std::get_if<bool>(&parameter)) {
    value.kind = Value::Kind::kBoolean;
    value.boolean = *boolean;
  }
  return value;
}

const ParameterSpec* find_parameter(const models::ModelKind& kind, const std::string& name) {
  const std::vector<ParameterSpec>& all = kind.parameters();
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const ParameterSpec& spec) { return spec.name == name; });
  return found == all.end() ? nullptr : &*found;
}

// nullptr after telling that there is no such parameter.
const ParameterSpec* known_parameter(const models::ModelKind& kind, const std::string& path,
                                     const Member& member, Problems& problems) {
  if (const ParameterSpec* spec = find_parameter(kind, member.key)) return spec;
  std::vector<std::string> names;
  for (const ParameterSpec& spec : kind.parameters()) names.push_back(spec.name);
  std::string hint = did_you_mean(member.key, names);
  if (hint.empty()) hint = "; allowed here: " + join(names);
  problems.add(member.place,
               fmt::format("unknown key '{}.{}' for {}{}", path, member.key, kind.name(), hint));
  return nullptr;
}

// The parameter's value, checked; nullopt after telling what is wrong with it.
std::optional<ParameterValue> checked(const ParameterSpec& spec, const std::string& path, const Value& value,
                                      Problems& problems) {
  std::optional<ParameterValue> parameter = to_parameter(value);
  if (parameter && spec.is_valid(*parameter)) return parameter;
  problems.add(value.place,
               fmt::format("{}.{}: expected {}, got {}", path, spec.name, spec.allowed, describe(value)));
  return std::nullopt;
}

void read_parameters(const models::ModelKind& kind, const ModelBlock& block, pipeline::ModelSpec& spec,
                     Problems& problems) {
  for (const Member& member : block.parameters.members) {
    const ParameterSpec* known = known_parameter(kind, "models.parameters", member, problems);
    if (known == nullptr) continue;
    if (const auto value = checked(*known, "models.parameters", member.value, problems)) {
      spec.parameters[member.key] = *value;
    }
    if (block.grid.find(member.key) != nullptr) {
      problems.add(member.place,
                   fmt::format("'{}' stands in parameters and in tune: leave one out", member.key));
    }
  }
}

pipeline::Tuning read_tuning(const models::ModelKind& kind, const ModelBlock& block, Problems& problems) {
  pipeline::Tuning tuning;
  tuning.search = block.search;
  tuning.random_candidate_count = block.candidate_count;
  tuning.folds = block.folds;
  if (block.grid.members.empty()) {
    problems.add(block.grid.place,
                 "models.tune is empty: give at least one parameter with the values to try");
  }
  for (const Member& member : block.grid.members) {
    const ParameterSpec* known = known_parameter(kind, "models.tune", member, problems);
    if (known == nullptr) continue;
    if (!member.value.is_list() || member.value.items.empty()) {
      problems.add(member.value.place, fmt::format("models.tune.{}: expected a list of values to try, got {}",
                                                   member.key, describe(member.value)));
      continue;
    }
    auto& [name, values] = tuning.grid.emplace_back(member.key, std::vector<ParameterValue>());
    for (const Value& item : member.value.items) {
      const auto value = checked(*known, "models.tune", item, problems);
      if (!value) continue;
      if (std::find(values.begin(), values.end(), *value) != values.end()) {
        problems.add(item.place,
                     fmt::format("models.tune.{}: {} stands in the list twice", name, describe(item)));
      }
      values.push_back(*value);
    }
  }
  return tuning;
}

void read_learner(const ModelBlock& block, pipeline::ModelSpec& spec, Problems& problems,
                  EffectiveSection& effective) {
  const models::ModelKind* kind = models::find_model_kind(block.kind);
  if (kind == nullptr) return;  // told already
  const size_t count_before = problems.count();
  read_parameters(*kind, block, spec, problems);
  if (block.is_tuned) spec.tune = read_tuning(*kind, block, problems);
  if (problems.count() > count_before) return;
  try {
    spec.parameters = models::complete_parameters(*kind, spec.parameters, spec.place + ": models.parameters");
  } catch (const Error& error) {
    problems.add_text(block.parameters.place, error.message());
    return;
  }
  Value complete = Value::of_table();
  for (const auto& [name, value] : spec.parameters) {
    if (block.grid.find(name) == nullptr) complete.set(name, to_value(value));
  }
  for (EffectiveSetting& setting : effective.settings) {
    if (setting.key != "parameters") continue;
    setting.value = std::move(complete);
    break;
  }
}

void read_command(const ModelBlock& block, pipeline::ModelSpec& spec, Problems& problems) {
  spec.command = block.command;
  for (const Member& member : block.parameters.members) {
    if (const auto value = to_parameter(member.value)) {
      spec.parameters[member.key] = *value;
    } else {
      problems.add(member.value.place,
                   fmt::format("models.parameters.{}: expected text, a number, true or false, got {}",
                               member.key, describe(member.value)));
    }
  }
}

}  // namespace

pipeline::ModelSpec read_model(const Value& block, Problems& problems, EffectiveSection& effective) {
  ModelBlock written;
  read_settings("models", block, model_settings(), written, problems, effective);
  pipeline::ModelSpec spec;
  spec.name = written.name;
  spec.kind = written.kind;
  spec.place = block.place.text();
  if (written.kind == "command") {
    read_command(written, spec, problems);
  } else if (!written.kind.empty()) {
    read_learner(written, spec, problems, effective);
  }
  return spec;
}

}  // namespace tidemill::app
