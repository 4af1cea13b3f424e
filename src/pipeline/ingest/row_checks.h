#pragma once
// What no day's rows may have, whatever the quality rules say: nothing after ingest could make sense of it.

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "pipeline/dataset.h"

namespace tidemill::pipeline {

// Text cells may be this long; longer ones are data that slipped (a missing quote, a document in a column).
inline constexpr size_t kMaxTextCharacters = 8192;

// Checks the rows of a Parquet file and returns their number. `place` is said in messages.
// Errors: kInvalidArgument for no rows, null or repeated keys (some are named), null times, a target without
// any value, infinite or NaN numbers, texts over kMaxTextCharacters.
uint64_t check_rows(const std::filesystem::path& path, const std::vector<engine::Column>& columns,
                    const TableRoles& roles, const std::string& place, engine::Session& session);

}  // namespace tidemill::pipeline
