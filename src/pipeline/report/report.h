#pragma once
// report.html: one file that needs no server. Versions by day, the models beside each other, predicted
// against actual, importances, data quality.

#include <filesystem>
#include <string>
#include <vector>

#include "storage/object_store.h"
#include "tracking/store.h"

namespace tidemill::pipeline {

struct ReportVersion {
  int version = 0;
  std::string stage;
  std::string aliases;
  std::string model;
  std::string data_date;
  std::string run_id;
  double test_rmse = 0, test_mae = 0, test_r2 = 0;
  std::string promotion;  // the reason for or against
};

struct ReportRun {  // one model on one day's data
  std::string data_date;
  std::string model;
  double test_rmse = 0;
};

struct ReportDay {
  std::string date;
  uint64_t row_count = 0;
  double quality_score = 0;
  std::vector<std::pair<std::string, double>> dimension_scores;  // in [0, 1]
  bool passed = false;
};

struct ReportContent {
  std::string project;
  std::string registered_model;
  std::vector<ReportVersion> versions;  // latest first
  std::vector<ReportRun> runs;          // by date, then model
  std::vector<ReportDay> days;          // by date
  std::vector<std::string> plots;       // SVG documents of the latest version's run
};

std::string render_report(const ReportContent& content);

// Reads what is stored and replaces the file atomically.
void write_report(const std::filesystem::path& path, const std::string& project,
                  const std::string& registered_model, const std::string& experiment,
                  const storage::ObjectStore& objects, const storage::ObjectStore& artifacts,
                  tracking::Store& store);

}  // namespace tidemill::pipeline
