// Which tracking stores there are: one line each.

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "tracking/rest/open.h"
#include "tracking/sql/open.h"
#include "tracking/store.h"

namespace tidemill::tracking {
namespace {

using OpenFunction = std::unique_ptr<Store> (*)(const std::string& uri, const std::filesystem::path& base_dir,
                                                const StoreOptions& options, const Clock& clock);

struct Backend {
  std::string_view scheme;
  OpenFunction open;
};

// clang-format off: one line each.
constexpr std::array kBackends = {
    Backend{"sqlite", sql::open}, Backend{"postgresql", sql::open}, Backend{"postgres", sql::open},
    Backend{"http", rest::open},  Backend{"https", rest::open},
};
// clang-format on

}  // namespace

std::unique_ptr<Store> open_store(const std::string& uri, const std::filesystem::path& base_dir,
                                  const StoreOptions& options, const Clock& clock) {
  const size_t colon = uri.find(':');
  std::string scheme = uri.substr(0, colon);
  scheme.resize(std::min(scheme.find('+'), scheme.size()));  // SQLAlchemy names its driver there
  std::vector<std::string> known;
  for (const Backend& backend : kBackends) {
    if (colon != std::string::npos && scheme == backend.scheme) {
      return backend.open(uri, base_dir, options, clock);
    }
    known.emplace_back(std::string(backend.scheme) + ":");
  }
  throw Error(
      ErrorCode::kInvalidArgument,
      fmt::format("unknown tracking store '{}': the URI must start with {}, for example sqlite:mlflow.db",
                  without_password(uri), join(known, " or ")));
}

std::string Store::get_or_create_experiment(const std::string& name) {
  if (const auto experiment = get_experiment_by_name(name)) {
    if (experiment->lifecycle_stage == LifecycleStage::kDeleted) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("experiment '{}' is deleted: restore it, or use another name", name));
    }
    return experiment->experiment_id;
  }
  return create_experiment(name);
}

}  // namespace tidemill::tracking
