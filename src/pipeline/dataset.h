#pragma once
// What the stages leave for each other: folders of objects with a manifest. Stages never include one
// another; they meet here.
//
//   raw_data/year=Y/month=M/day=D/    data.parquet manifest.json (ingest), validation_report.json (validate)
//   splits/year=Y/month=M/day=D/      split.parquet manifest.json: the side of each raw row (prepare)
//   prepared_data/YYYY-MM-DD/         train.parquet test.parquet feature_metadata.json preparation.json
//                                     manifest.json (prepare)

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/date.h"
#include "base/json_fwd.h"
#include "engine/engine.h"
#include "storage/object_store.h"

namespace tidemill::pipeline {

// The three columns with a meaning; every other column is an attribute.
struct TableRoles {
  std::string key;     // "customer_id"
  std::string time;    // "event_timestamp"
  std::string target;  // "churn_probability"
};

std::string raw_prefix(Date date);
std::string split_prefix(Date date);
std::string prepared_prefix(Date date);

inline constexpr char kRawFile[] = "data.parquet";
inline constexpr char kSplitFile[] = "split.parquet";
inline constexpr char kTrainFile[] = "train.parquet";
inline constexpr char kTestFile[] = "test.parquet";
inline constexpr char kPreparationFile[] = "preparation.json";
inline constexpr char kFeatureMetadataFile[] = "feature_metadata.json";
inline constexpr char kValidationReportFile[] = "validation_report.json";
inline constexpr char kManifestFile[] = "manifest.json";

struct ManifestFile {
  std::string name;
  uint64_t size_bytes = 0;
  std::string sha256;
};

// Says what a folder of objects must be. Holds no time and no random id: the same content is the same bytes.
struct Manifest {
  std::string dataset;  // "raw_data", "splits", "prepared_data"
  Date date;
  uint64_t row_count = 0;
  std::vector<engine::Column> columns;
  std::vector<ManifestFile> files;  // sorted by name
  // Manifests (by prefix) or landing files (by name) this was made from, each with its hash; two datasets
  // with equal inputs and settings are equal.
  std::vector<std::pair<std::string, std::string>> inputs;
  std::string settings_hash;  // sha256 of the settings that shaped it; "" when there are none

  // sha256 of the manifest's own text: the identity of the dataset.
  std::string hash() const;
};

Json to_json(const Manifest& manifest);
Manifest manifest_from_json(const Json& json, const std::string& place);

// Adds every file of `dir` (size, sha256) to the manifest and writes manifest.json there.
void seal(Manifest& manifest, const std::filesystem::path& dir);

// nullopt when nothing is published under `prefix`. Errors: kCorrupted when a listed file is missing or has
// another size.
std::optional<Manifest> read_manifest(const storage::ObjectStore& store, const std::string& prefix);

// Reads every byte. Errors: kCorrupted naming the file whose sha256 differs.
void verify_content(const storage::ObjectStore& store, const std::string& prefix, const Manifest& manifest);

struct PublishedDay {
  Date date;
  std::optional<int64_t> published_ms;  // where the store knows it: see storage::ObjectInfo
};

// Days of "raw_data" or "prepared_data" with a manifest, ascending. Cost: a listing of the dataset's objects.
// Errors: kInvalidArgument for another dataset.
std::vector<PublishedDay> published_days(const storage::ObjectStore& store, const std::string& dataset);

// Days with published raw data, ascending, from <= day <= to.
std::vector<Date> raw_days(const storage::ObjectStore& store, std::optional<Date> from, Date to);

// Told by stages as they go; shown as a progress bar by commands and as lines by task logs.
class Progress {
 public:
  virtual ~Progress() = default;
  virtual void step(const std::string& what, double fraction_done) = 0;
};

}  // namespace tidemill::pipeline
