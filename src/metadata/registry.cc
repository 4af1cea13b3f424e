// Which databases there are: one line each.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "metadata/database.h"
#include "metadata/postgres/postgres_database.h"
#include "metadata/sqlite/sqlite_database.h"

namespace tidemill::metadata {
namespace {

// `rest` is what follows the scheme and ":".
using OpenFunction = std::unique_ptr<Database> (*)(const std::string& rest,
                                                   const std::filesystem::path& base_dir,
                                                   const OpenOptions& options);

struct Backend {
  std::string_view scheme;
  OpenFunction open;
  bool is_on_a_server;
};

constexpr std::array kBackends = {
    Backend{"sqlite", sqlite::open, false},
    Backend{"postgresql", postgres::open, true},
    Backend{"postgres", postgres::open, true},
};

// nullptr for an unknown scheme. SQLAlchemy names its driver behind it: postgresql+psycopg2.
const Backend* find_backend(const std::string& uri) {
  const size_t colon = uri.find(':');
  if (colon == std::string::npos) return nullptr;
  const std::string_view scheme = std::string_view(uri).substr(0, std::min(colon, uri.find('+')));
  const auto found = std::ranges::find(kBackends, scheme, &Backend::scheme);
  return found == kBackends.end() ? nullptr : &*found;
}

}  // namespace

std::unique_ptr<Database> open_database(const std::string& uri, const std::filesystem::path& base_dir,
                                        const OpenOptions& options) {
  if (const Backend* backend = find_backend(uri)) {
    return backend->open(uri.substr(uri.find(':') + 1), base_dir, options);
  }
  std::vector<std::string> known;
  for (const Backend& backend : kBackends) known.emplace_back(std::string(backend.scheme) + ":");
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("unknown database '{}': the URI must start with {}, for example sqlite:tidemill.db",
                          without_password(uri), join(known, " or ")));
}

bool is_on_a_server(const std::string& uri) {
  const Backend* backend = find_backend(uri);
  return backend != nullptr && backend->is_on_a_server;
}

}  // namespace tidemill::metadata
