#pragma once
// What is in a landing file, as SQL that reads it. Text formats are read as text: which type a column has and
// whether a value fits it is decided in column_types, never by the engine's guessing from a sample.

#include <string>
#include <vector>

#include "base/error.h"
#include "engine/engine.h"
#include "pipeline/ingest/landing.h"

namespace tidemill::pipeline {

struct FileContent {
  LandingFile file;
  std::string from_sql;  // "read_csv('...', ...)"
  bool is_text;          // every column is read as VARCHAR
  // As they stand in the file. The type is the engine's name for it; "" where the file says none: in CSV, and
  // in JSON for a column without values or with values of several types.
  std::vector<engine::Column> columns;
};

// Looks at names and types only. Errors: kInvalidArgument naming the file: unreadable, a column without a
// name, two of one name, a nested column or one of another type that raw data cannot hold.
FileContent look_into(const LandingFile& file, engine::Session& session);

// `error`, thrown while reading `files`, in words that name them and without the engine's advice.
Error reading_error(const Error& error, const std::vector<FileContent>& files);

}  // namespace tidemill::pipeline
