#pragma once
// What a tracking store holds, as JSON lines: the format of `tidemill tracking export`, described in
// docs/reference/tracking-export.md. Errors of reading: kCorrupted naming what is missing.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_fwd.h"
#include "tracking/store.h"

namespace tidemill::pipeline {

inline constexpr char kExportFile[] = "tracking.jsonl";
inline constexpr char kExportArtifacts[] = "artifacts";
inline constexpr char kExportFormat[] = "tidemill-tracking-1";

// A file of a run or model, below its folder.
struct ArtifactRecord {
  std::string path;
  uint64_t size_bytes = 0;
  std::string sha256;
};

struct RunRecord {
  tracking::Run run;
  std::vector<tracking::Metric> history;  // of all metrics
  std::vector<ArtifactRecord> artifacts;
};

struct ModelRecord {
  tracking::LoggedModel model;
  std::vector<ArtifactRecord> artifacts;
};

// Everything of an export, in the order in which an import makes it.
struct TrackingRecords {
  std::vector<tracking::Experiment> experiments;
  std::vector<RunRecord> runs;      // the first begun first
  std::vector<ModelRecord> models;  // the first made first
  std::vector<tracking::RegisteredModel> registered_models;
  std::vector<tracking::ModelVersion> versions;  // by name, then number
};

// `from` is for people: where the records come from.
std::string format_records(const TrackingRecords& records, const std::string& from);
// Errors: kCorrupted with the line; kNotImplemented for another version of the format.
TrackingRecords parse_records(std::string_view text, const std::string& place);

// Makes the folder too. Errors: those of throw_system_error.
void write_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace tidemill::pipeline
