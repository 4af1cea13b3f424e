#pragma once
// For tests: rows of tests/golden/cron.tsv, what Airflow itself answered. Made by make_cron.py beside it.

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/date.h"

namespace tidemill {

// The rows whose first column is `kind`.
inline std::vector<std::vector<std::string>> airflow_answers(const std::string& kind) {
  std::ifstream file("tests/golden/cron.tsv");
  EXPECT_TRUE(file.is_open());
  std::vector<std::vector<std::string>> rows;
  for (std::string line; std::getline(file, line);) {
    std::vector<std::string> row;
    std::istringstream columns(line + '\t');
    for (std::string column; std::getline(columns, column, '\t');) row.push_back(column);
    if (row.front() == kind) rows.push_back(std::move(row));
  }
  EXPECT_FALSE(rows.empty()) << kind;
  return rows;
}

// "2026-11-01T00:00:00Z"
inline int64_t parse_utc(const std::string& text) {
  const int64_t day = Date::parse(text.substr(0, 10)).days_since_epoch();
  return ((day * 24 + std::stoi(text.substr(11, 2))) * 60 + std::stoi(text.substr(14, 2))) * int64_t{60'000} +
         std::stoi(text.substr(17, 2)) * int64_t{1000};
}

}  // namespace tidemill
