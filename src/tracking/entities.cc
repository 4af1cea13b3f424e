#include "tracking/entities.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace tidemill::tracking {
namespace {

template <typename Enum, size_t Count>
using Words = std::array<std::pair<Enum, std::string_view>, Count>;

constexpr Words<LifecycleStage, 2> kLifecycleStages = {{
    {LifecycleStage::kActive, "active"},
    {LifecycleStage::kDeleted, "deleted"},
}};
constexpr Words<RunStatus, 5> kRunStatuses = {{
    {RunStatus::kRunning, "RUNNING"},
    {RunStatus::kScheduled, "SCHEDULED"},
    {RunStatus::kFinished, "FINISHED"},
    {RunStatus::kFailed, "FAILED"},
    {RunStatus::kKilled, "KILLED"},
}};
constexpr Words<LoggedModelStatus, 4> kLoggedModelStatuses = {{
    {LoggedModelStatus::kUnspecified, "UNSPECIFIED"},
    {LoggedModelStatus::kPending, "PENDING"},
    {LoggedModelStatus::kReady, "READY"},
    {LoggedModelStatus::kFailed, "FAILED"},
}};
constexpr std::array kStages = {kStageNone, kStageStaging, kStageProduction, kStageArchived};

template <typename Enum, size_t Count>
std::string_view word_of(const Words<Enum, Count>& words, Enum value) {
  for (const auto& [known, word] : words) {
    if (known == value) return word;
  }
  return "UNKNOWN";
}

template <typename Enum, size_t Count>
Enum value_of(const Words<Enum, Count>& words, std::string_view text, std::string_view what) {
  std::vector<std::string> allowed;
  for (const auto& [value, word] : words) {
    if (word == text) return value;
    allowed.emplace_back(word);
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("invalid {} '{}': it must be one of {}", what, text, join(allowed)));
}

template <typename Item>
std::optional<std::string> value_by_key(const std::vector<Item>& items, std::string_view key) {
  for (const Item& item : items) {
    if (item.key == key) return item.value;
  }
  return std::nullopt;
}

}  // namespace

std::string_view to_string(LifecycleStage stage) {
  return word_of(kLifecycleStages, stage);
}
std::string_view to_string(RunStatus status) {
  return word_of(kRunStatuses, status);
}
std::string_view to_string(LoggedModelStatus status) {
  return word_of(kLoggedModelStatuses, status);
}
LifecycleStage lifecycle_stage_from(std::string_view text) {
  return value_of(kLifecycleStages, text, "lifecycle stage");
}
RunStatus run_status_from(std::string_view text) {
  return value_of(kRunStatuses, text, "run status");
}

std::optional<double> Run::metric(std::string_view key) const {
  for (const Metric& metric : metrics) {
    if (metric.key == key) return metric.value;
  }
  return std::nullopt;
}

std::optional<std::string> Run::param(std::string_view key) const {
  return value_by_key(params, key);
}
std::optional<std::string> Run::tag(std::string_view key) const {
  return value_by_key(tags, key);
}
std::optional<std::string> LoggedModel::tag(std::string_view key) const {
  return value_by_key(tags, key);
}
std::optional<std::string> ModelVersion::tag(std::string_view key) const {
  return value_by_key(tags, key);
}

std::string canonical_stage(std::string_view stage) {
  const auto same_letters = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  std::vector<std::string> allowed;
  for (const std::string_view known : kStages) {
    if (std::ranges::equal(known, stage, same_letters)) return std::string(known);
    allowed.emplace_back(known);
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("Invalid Model Version stage: {}. Value must be one of {}.", stage, join(allowed)));
}

std::vector<Tag> context_tags(const std::string& user, const std::string& source_name) {
  return {{std::string(kTagUser), user},
          {std::string(kTagSourceName), source_name},
          {std::string(kTagSourceType), "LOCAL"}};
}

}  // namespace tidemill::tracking
