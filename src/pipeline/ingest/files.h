#pragma once
// A day's rows out of a landing folder: schema inferred on the first day, then held.

#include <filesystem>
#include <vector>

#include "pipeline/ingest/file_reader.h"
#include "pipeline/ingest/schema.h"

namespace tidemill::pipeline {

// Writes the day's rows to `path` (Parquet, zstd), in the order of the files and of the rows in them, with
// the columns of `held`, or, when there is none, with inferred ones; returns the columns.
//
// Types: the narrowest that all values fit (column_types.h), except the key (text in CSV: "007" stays "007"),
// the time (TIMESTAMP) and those given in source.types. A column without any value is VARCHAR.
// Errors: kSchemaChanged showing both schemas; kInvalidArgument naming the file; kNotFound when no row
// belongs to the day.
std::vector<engine::Column> write_day_of_files(const IngestOptions& options, const FilesSource& source,
                                               Date date, const std::vector<LandingFile>& files,
                                               const std::optional<HeldSchema>& held,
                                               engine::Session& session, const std::filesystem::path& path);

}  // namespace tidemill::pipeline
