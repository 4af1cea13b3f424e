#include "tracking/validation.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::tracking {
namespace {

constexpr size_t kMaxKeyLength = 250;
constexpr size_t kMaxParamLength = 6000;
constexpr size_t kMaxRunTagLength = 8000;
constexpr size_t kMaxExperimentNameLength = 500;
constexpr size_t kMaxExperimentTagLength = 20'000;
constexpr size_t kMaxRegistryTagLength = 100'000;
constexpr size_t kMaxAliasLength = 255;
constexpr size_t kMaxMetricsPerBatch = 1000;
constexpr size_t kMaxParamsOrTagsPerBatch = 100;
constexpr size_t kMaxEntitiesPerBatch = 1000;

[[noreturn]] void refuse(std::string message) {
  throw Error(ErrorCode::kInvalidArgument, std::move(message));
}

bool starts_character(char c) {
  return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
}

size_t length_of(std::string_view text) {
  return static_cast<size_t>(std::ranges::count_if(text, starts_character));
}

std::string_view first_characters(std::string_view text, size_t count) {
  size_t seen = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (starts_character(text[i]) && seen++ == count) return text.substr(0, i);
  }
  return text;
}

void check_length(std::string_view what, size_t limit, std::string_view value) {
  if (value.size() > limit && length_of(value) > limit) {
    refuse(fmt::format("'{}' exceeds the maximum length of {} characters", what, limit));
  }
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80U;
}

// A path that names another when its "." and ".." and doubled slashes are resolved.
bool is_other_path(std::string_view name) {
  if (name.empty() || name.front() == '/' || name.back() == '/') return true;
  size_t start = 0;
  while (start <= name.size()) {
    const size_t end = std::min(name.find('/', start), name.size());
    const std::string_view part = name.substr(start, end - start);
    if (part.empty() || part == "." || part == "..") return true;
    start = end + 1;
  }
  return name.starts_with("..");
}

// Keys of params, metrics and tags.
void check_key(std::string_view what, std::string_view key) {
  const auto allowed = [](char c) {
    return is_word(c) || c == '/' || c == '.' || c == '-' || c == ' ' || c == ':';
  };
  if (!std::ranges::all_of(key, allowed)) {
    refuse(
        fmt::format("Invalid value \"{}\" for parameter '{}' supplied: Names may only contain alphanumerics, "
                    "underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).",
                    key, what));
  }
  if (is_other_path(key)) {
    refuse(fmt::format(
        "Invalid value \"{}\" for parameter '{}' supplied: Names may be treated as files in certain "
        "cases, and must not resolve to other names when treated as such",
        key, what));
  }
  check_length(what, kMaxKeyLength, key);
}

void check_count(std::string_view what, size_t limit, size_t count) {
  if (count <= limit) return;
  refuse(
      fmt::format("A batch logging request can contain at most {} {}. Got {} {}. Please split up {} across "
                  "multiple requests and try again.",
                  limit, what, count, what, what));
}

}  // namespace

void check_experiment_name(std::string_view name) {
  if (name.empty()) refuse("Invalid experiment name: ''");
  check_length("name", kMaxExperimentNameLength, name);
}

void check_experiment_tag(const Tag& tag) {
  check_key("key", tag.key);
  check_length("value", kMaxExperimentTagLength, tag.value);
}

void check_run_id(std::string_view run_id) {
  const auto allowed = [](char c) { return is_word(c) || c == '-'; };
  const bool starts_well = !run_id.empty() && is_word(run_id.front()) && run_id.front() != '_';
  if (!starts_well || run_id.size() > 256 || !std::ranges::all_of(run_id, allowed)) {
    refuse(fmt::format("Invalid value \"{}\" for parameter 'run_id' supplied.", run_id));
  }
}

void check_batch(const std::vector<Metric>& metrics, const std::vector<Param>& params,
                 const std::vector<Tag>& tags) {
  check_count("metrics", kMaxMetricsPerBatch, metrics.size());
  check_count("params", kMaxParamsOrTagsPerBatch, params.size());
  check_count("tags", kMaxParamsOrTagsPerBatch, tags.size());
  check_count("metrics, params, and tags", kMaxEntitiesPerBatch,
              metrics.size() + params.size() + tags.size());
  for (const Metric& metric : metrics) {
    check_key("name", metric.key);
    if (metric.timestamp_ms < 0) {
      refuse(
          fmt::format("Invalid value {} for parameter 'timestamp' supplied: metric '{}' (value={}). "
                      "Timestamp must be a nonnegative long (64-bit integer)",
                      metric.timestamp_ms, metric.key, metric.value));
    }
  }
  std::set<std::string_view> seen;
  for (const Param& param : params) {
    if (!seen.insert(param.key).second) {
      refuse(
          fmt::format("Duplicate parameter keys have been submitted: ['{}']. Please ensure the request "
                      "contains only one param value per param key.",
                      param.key));
    }
  }
}

Param checked_param(const Param& param) {
  check_key("key", param.key);
  return {param.key, std::string(first_characters(param.value, kMaxParamLength))};
}

Tag checked_run_tag(const Tag& tag) {
  check_key("key", tag.key);
  return {tag.key, std::string(first_characters(tag.value, kMaxRunTagLength))};
}

void check_dataset_input(const DatasetInput& input) {
  check_length("name", 500, input.dataset.name);
  check_length("digest", 36, input.dataset.digest);
  check_length("source", 65'535, input.dataset.source);
  if (input.dataset.schema) check_length("schema", 1'048'575, *input.dataset.schema);
  if (input.dataset.profile) check_length("profile", 16'777'215, *input.dataset.profile);
  for (const Tag& tag : input.tags) {
    check_length("key", 255, tag.key);
    check_length("value", 500, tag.value);
  }
}

void check_logged_model_name(std::string_view name) {
  constexpr std::string_view kForbidden = "/:.%\"'";
  if (name.empty() || name.find_first_of(kForbidden) != std::string_view::npos) {
    refuse(fmt::format(
        "Invalid model name ('{}') provided. Model name must be a non-empty string and cannot contain "
        "the following characters: {}",
        name, kForbidden));
  }
}

void check_model_name(std::string_view name) {
  if (name.find_first_not_of(" \t\n\r") == std::string_view::npos) {
    refuse("Missing value for required parameter 'name'.");
  }
  if (name.find_first_of("/:") != std::string_view::npos) {
    refuse(fmt::format("Invalid model name '{}'. Names cannot contain '/' or ':'.", name));
  }
  if (is_other_path(name)) {
    refuse(fmt::format(
        "Invalid value \"{}\" for parameter 'name' supplied: Names may be treated as files in certain "
        "cases, and must not resolve to other names when treated as such",
        name));
  }
  check_length("name", 256, name);
}

void check_registered_model_tag(const Tag& tag) {
  check_key("key", tag.key);
  check_length("value", kMaxRegistryTagLength, tag.value);
}

std::string checked_stage(std::string_view stage, bool archive_existing_versions) {
  std::string canonical = canonical_stage(stage);
  if (archive_existing_versions && canonical != kStageStaging && canonical != kStageProduction) {
    refuse(
        fmt::format("Model version transition cannot archive existing model versions because '{}' is not an "
                    "Active stage. "
                    "Valid stages are Staging, Production",
                    stage));
  }
  return canonical;
}

void check_alias(std::string_view alias) {
  if (alias.empty()) refuse("Registered model alias name cannot be empty.");
  if (!std::ranges::all_of(alias, [](char c) { return is_word(c) || c == '-'; })) {
    refuse(
        fmt::format("Invalid alias name: '{}'. Names may only contain alphanumerics, underscores (_), and "
                    "dashes (-).",
                    alias));
  }
  check_length("Registered model alias name", kMaxAliasLength, alias);
}

void check_alias_not_reserved(std::string_view alias) {
  constexpr std::string_view kLatest = "latest";
  const auto same_letters = [](char a, char b) { return a == (b | 0x20); };
  if (std::ranges::equal(kLatest, alias, same_letters))
    refuse("'latest' alias name (case insensitive) is reserved.");
  const bool is_version = alias.size() > 1 && (alias[0] == 'v' || alias[0] == 'V') &&
                          std::ranges::all_of(alias.substr(1), [](char c) { return c >= '0' && c <= '9'; });
  if (is_version) refuse(fmt::format("Version alias name '{}' is reserved.", alias));
}

}  // namespace tidemill::tracking
