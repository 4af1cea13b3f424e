#pragma once
// Stage 01: a day's rows arrive and are published as raw data. Two sources: `synthetic` makes the churn
// example's customers, `files` reads a landing folder.

#include <map>
#include <optional>
#include <string>
#include <variant>

#include "pipeline/dataset.h"

namespace tidemill::pipeline {

struct SyntheticSource {
  std::optional<uint64_t> rows;    // a day; drawn from [800, 1300] by date and seed when absent
  double missing = 0.05;           // share of attribute cells made null
  double outliers = 0.02;          // share of spend, transactions, minutes cells multiplied by 5-10
  double noise = 0.08;             // sigma of the target's noise
  std::optional<Date> drift_from;  // customers change from this day on
  double drift = 1.0;              // how much, in units of the built-in shift
};

struct FilesSource {
  // Relative to the project folder or absolute; "{date}" stands for the day ("landing/{date}/*.csv",
  // "landing/customers_{date}.parquet"). Without "{date}" every matching file is read and `date_column` picks
  // the day's rows.
  std::string glob;
  std::string date_column;  // "" when the date is in the path
  std::string format;       // "csv", "json" (lines), "parquet", or "" to go by the file's ending
  // Types that are given instead of inferred, by column: BIGINT, DOUBLE, BOOLEAN, DATE, TIMESTAMP, VARCHAR.
  std::map<std::string, std::string> types;
};

// The folder that holds every file `source.glob` can match: the engine must be allowed to read it.
std::filesystem::path landing_folder(const FilesSource& source, const std::filesystem::path& project_dir);

struct IngestOptions {
  std::variant<SyntheticSource, FilesSource> source;
  TableRoles roles;
  uint64_t seed = 42;
  int thread_count = 1;
  std::filesystem::path project_dir;
  bool force = false;  // make a finished day again
};

struct IngestResult {
  Manifest manifest;
  bool already_there = false;  // the day was finished and left alone
};

// Makes or reads the day's rows and publishes them under raw_prefix(date). Re-running with other content
// replaces the day atomically, and a delivery with the same rows leaves it alone. The schema of the nearest
// published day is held, the latest earlier one first.
// Errors: kSchemaChanged showing both schemas; kInvalidArgument for unreadable input; kNotFound when no
// file matches.
IngestResult ingest(const IngestOptions& options, Date date, engine::Engine& engine,
                    storage::ObjectStore& store, Progress& progress);

}  // namespace tidemill::pipeline
