#include "tracking/model_uri.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::tracking {
namespace {

[[noreturn]] void refuse(std::string_view uri) {
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("Not a proper models:/ URI: {}. Write models:/NAME/VERSION, models:/NAME/STAGE, "
                          "models:/NAME/latest, models:/NAME@ALIAS or models:/MODEL_ID.",
                          uri));
}

bool is_latest(std::string_view suffix) {
  constexpr std::string_view kLatest = "latest";
  return std::ranges::equal(kLatest, suffix, [](char a, char b) { return a == (b | 0x20); });
}

}  // namespace

ModelUri parse_model_uri(std::string_view uri) {
  constexpr std::string_view kScheme = "models:/";
  if (!uri.starts_with(kScheme)) refuse(uri);
  std::string_view path = uri.substr(kScheme.size());
  while (path.starts_with('/')) path.remove_prefix(1);
  const size_t slash = path.find('/');
  const std::string_view first = path.substr(0, slash);
  if (first.find_first_not_of(' ') == std::string_view::npos) refuse(uri);

  ModelUri parsed;
  if (slash != std::string_view::npos) {
    const std::string_view suffix = path.substr(slash + 1);
    if (suffix.find_first_not_of(' ') == std::string_view::npos ||
        suffix.find('/') != std::string_view::npos) {
      refuse(uri);
    }
    parsed.name = std::string(first);
    int64_t version = 0;
    const auto [end, error] = std::from_chars(suffix.data(), suffix.data() + suffix.size(), version);
    if (std::ranges::all_of(suffix, [](char c) { return c >= '0' && c <= '9'; })) {
      if (error != std::errc() || end != suffix.data() + suffix.size()) refuse(uri);
      parsed.version = version;
    } else if (!is_latest(suffix)) {
      parsed.stage = std::string(suffix);
    }
  } else if (const size_t at = first.rfind('@'); at != std::string_view::npos) {
    parsed.name = std::string(first.substr(0, at));
    parsed.alias = std::string(first.substr(at + 1));
    if (parsed.alias->empty()) refuse(uri);
  } else {
    parsed.model_id = std::string(first);
  }
  return parsed;
}

ModelVersion resolve_model_version(Store& store, std::string_view uri) {
  const ModelUri parsed = parse_model_uri(uri);
  if (!parsed.name) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} is a logged model, not a registered version", uri));
  }
  const std::string& name = *parsed.name;
  if (parsed.version) return store.get_model_version(name, *parsed.version);
  if (parsed.alias) return store.get_model_version_by_alias(name, *parsed.alias);
  std::vector<std::string> stages;
  if (parsed.stage) stages.push_back(*parsed.stage);
  const std::vector<ModelVersion> latest = store.get_latest_versions(name, stages);
  if (latest.empty()) {
    throw Error(ErrorCode::kNotFound,
                parsed.stage ? fmt::format("No versions of model with name '{}' and stage '{}' found", name,
                                           *parsed.stage)
                             : fmt::format("No versions of model with name '{}' found", name));
  }
  return *std::ranges::max_element(latest, {}, &ModelVersion::version);
}

}  // namespace tidemill::tracking
