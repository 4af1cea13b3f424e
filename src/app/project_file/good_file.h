#pragma once
// For tests: the shortest project file that is whole.

#include <string_view>

namespace tidemill::app {

// Seven lines: what a case adds begins in line 8.
inline constexpr std::string_view kGoodFile = R"([project]
key = "customer_id"
time = "event_timestamp"
target = "churn_probability"
[[models]]
name = "line"
kind = "linear_regression"
)";

}  // namespace tidemill::app
