#pragma once
#include <nlohmann/json_fwd.hpp>

namespace tidemill {
using Json = nlohmann::ordered_json;
}
