#include "workflow/trigger_rule.h"

#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace tidemill::workflow {
namespace {

// Upstream tasks, one letter each: s success, f failed, u upstream_failed, k skipped, r removed, . running.
// Expected: R run, - wait, K skip, U upstream_failed.
struct Row {
  TriggerRule rule;
  std::string_view upstream;
  char expected;
};

using enum TriggerRule;
constexpr Row kRows[] = {
    {kAllSuccess, "", 'R'},
    {kAllSuccess, "ss", 'R'},
    {kAllSuccess, "s.", '-'},
    {kAllSuccess, "f.", 'U'},
    {kAllSuccess, "u.", 'U'},
    {kAllSuccess, "k.", 'K'},
    {kAllSuccess, "sr", 'R'},
    {kAllSuccess, "fk", 'U'},
    {kAllFailed, "ff", 'R'},
    {kAllFailed, "fu", 'R'},
    {kAllFailed, "f.", '-'},
    {kAllFailed, "fs", 'K'},
    {kAllFailed, "k.", 'K'},
    {kAllDone, "sf", 'R'},
    {kAllDone, "ku", 'R'},
    {kAllDone, "s.", '-'},
    {kAllDoneSetupSuccess, "fk", 'R'},
    {kAllDoneSetupSuccess, "s.", '-'},
    {kOneSuccess, "s.", 'R'},
    {kOneSuccess, "f.", '-'},
    {kOneSuccess, "ff", 'U'},
    {kOneSuccess, "kk", 'K'},
    {kOneSuccess, "fk", 'U'},
    {kOneFailed, "f.", 'R'},
    {kOneFailed, "u.", 'R'},
    {kOneFailed, "s.", '-'},
    {kOneFailed, "sk", 'K'},
    {kOneDone, "s.", 'R'},
    {kOneDone, "f.", 'R'},
    {kOneDone, "k.", '-'},
    {kOneDone, "kk", 'K'},
    {kOneDone, "uk", 'K'},
    {kNoneFailed, "sk", 'R'},
    {kNoneFailed, "kk", 'R'},
    {kNoneFailed, "k.", '-'},
    {kNoneFailed, "f.", 'U'},
    {kNoneSkipped, "sf", 'R'},
    {kNoneSkipped, "s.", '-'},
    {kNoneSkipped, "k.", 'K'},
    {kAllSkipped, "kk", 'R'},
    {kAllSkipped, "k.", '-'},
    {kAllSkipped, "s.", 'K'},
    {kAllSkipped, "u.", 'K'},
    {kAlways, "..", 'R'},
    {kAlways, "ff", 'R'},
    {kNoneFailedMinOneSuccess, "sk", 'R'},
    {kNoneFailedMinOneSuccess, "kk", 'K'},
    {kNoneFailedMinOneSuccess, "f.", 'U'},
    {kNoneFailedMinOneSuccess, "s.", '-'},
    {kAllDoneMinOneSuccess, "sf", 'R'},
    {kAllDoneMinOneSuccess, "s.", '-'},
    {kAllDoneMinOneSuccess, "kk", 'K'},
    {kAllDoneMinOneSuccess, "ff", 'U'},
    {kAllDoneMinOneSuccess, "fk", 'K'},
    {kAllDoneMinOneSuccess, "k.", 'K'},
    {kAllDoneMinOneSuccess, "sk", 'K'},
};

std::optional<TaskState> state_of(char letter) {
  switch (letter) {
    case 's':
      return TaskState::kSuccess;
    case 'f':
      return TaskState::kFailed;
    case 'u':
      return TaskState::kUpstreamFailed;
    case 'k':
      return TaskState::kSkipped;
    case 'r':
      return TaskState::kRemoved;
    default:
      return TaskState::kRunning;
  }
}

TEST(TriggerRule, JudgesAsAirflow) {
  constexpr std::string_view kLetters = "R-KU";
  for (const Row& row : kRows) {
    UpstreamCounts counts;
    for (const char letter : row.upstream) counts.add(state_of(letter));
    EXPECT_EQ(kLetters[static_cast<size_t>(judge(row.rule, counts))], row.expected)
        << name_of(row.rule) << " of " << row.upstream;
  }
}

TEST(TriggerRule, AStateOfNoneIsWaitedFor) {
  UpstreamCounts counts;
  counts.add(std::nullopt);
  EXPECT_EQ(judge(TriggerRule::kAllDone, counts), Verdict::kWait);
}

}  // namespace
}  // namespace tidemill::workflow
