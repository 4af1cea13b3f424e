#include "cli/pattern.h"

#include <array>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::cli {

Pattern::Pattern(const std::string& option, const std::string& expression) {
  const int failure = regcomp(&regex_, expression.c_str(), REG_EXTENDED | REG_NOSUB);
  if (failure == 0) return;
  std::array<char, 256> why{};
  regerror(failure, &regex_, why.data(), why.size());
  throw Error(ErrorCode::kInvalidArgument, fmt::format("{} '{}': {}", option, expression, why.data()));
}

}  // namespace tidemill::cli
