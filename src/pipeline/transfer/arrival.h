#pragma once
// What an import has made of the records, and reading all of it again.

#include <map>
#include <string>
#include <vector>

#include "pipeline/transfer/records.h"
#include "pipeline/transfer/transfer.h"

namespace tidemill::pipeline {

// From the ids in the export to those in the store.
struct Arrival {
  std::map<std::string, std::string> experiments, runs, models;
  std::map<std::string, int64_t> versions;  // "name/3"
  std::map<std::string, size_t> present;    // "runs": made by an earlier import
};

// How many of each are in an export.
std::vector<TransferCount> count_records(const TrackingRecords& records);

// The counts, each held against what the store now answers.
std::vector<TransferCount> verify_arrival(tracking::Store& store, const storage::ObjectStore& artifacts,
                                          const TrackingRecords& records, const Arrival& arrival);

}  // namespace tidemill::pipeline
