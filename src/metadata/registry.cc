// Which databases there are: one line each.

#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "metadata/database.h"
#include "metadata/sqlite/sqlite_database.h"

namespace tidemill::metadata {
namespace {

using OpenFunction = std::unique_ptr<Database> (*)(const std::string& rest,
                                                   const std::filesystem::path& base_dir,
                                                   const OpenOptions& options);

struct Backend {
  std::string_view scheme;
  OpenFunction open;
};

constexpr std::array kBackends = {
    Backend{"sqlite", sqlite::open},
};

}  // namespace

std::unique_ptr<Database> open_database(const std::string& uri, const std::filesystem::path& base_dir,
                                        const OpenOptions& options) {
  const size_t colon = uri.find(':');
  const std::string scheme = uri.substr(0, colon);
  std::vector<std::string> known;
  for (const Backend& backend : kBackends) {
    if (colon != std::string::npos && scheme == backend.scheme) {
      return backend.open(uri.substr(colon + 1), base_dir, options);
    }
    known.emplace_back(std::string(backend.scheme) + ":");
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("unknown database '{}': the URI must start with {}, for example sqlite:tidemill.db",
                          uri, join(known, " or ")));
}

}  // namespace tidemill::metadata
