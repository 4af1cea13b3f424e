#pragma once
// S3 for DuckDB: its extension httpfs, which lies beside the program and is never downloaded.

#include <string>

#include "engine/engine.h"

namespace tidemill::engine::duckdb {

// What to run before SQL is locked down: loads the extension, bounds its waiting, and gives it the keys as a
// secret, which SQL cannot print. Keys may hold any character: '*' and '?' are no patterns in s3:// names.
// Errors: kNotFound when the extension is not there.
std::string s3_folder_sql(const S3Folder& folder);

}  // namespace tidemill::engine::duckdb
