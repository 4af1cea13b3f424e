#pragma once
#include <string_view>

namespace tidemill::tracking::sql {

// The columns that SqlStore::model_version_from() reads.
inline constexpr std::string_view kSelectModelVersions =
    "SELECT v.name, v.version, v.creation_time, v.last_updated_time, v.description, v.user_id, "
    "v.current_stage, "
    "v.source, v.run_id, v.status, v.status_message, v.run_link, v.storage_location FROM model_versions v ";

}  // namespace tidemill::tracking::sql
