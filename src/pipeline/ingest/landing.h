#pragma once
// The files of a landing folder that hold a day.

#include <filesystem>
#include <string>
#include <vector>

#include "base/date.h"
#include "pipeline/ingest/ingest.h"

namespace tidemill::pipeline {

enum class FileFormat { kCsv, kJsonLines, kParquet };

struct LandingFile {
  std::filesystem::path path;  // absolute
  std::string name;            // for people and manifests: relative to the project where it lies below it
  FileFormat format;
};

bool has_date_in_path(const FilesSource& source);

// In byte order of their paths. Errors: kNotFound when none matches; kInvalidArgument naming a file that is
// empty or whose format is not known.
std::vector<LandingFile> find_landing_files(const FilesSource& source, Date date,
                                            const std::filesystem::path& project_dir);

}  // namespace tidemill::pipeline
