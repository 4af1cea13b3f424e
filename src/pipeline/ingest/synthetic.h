#pragma once
// The churn example's customers, made up: attributes that hang together, a churn probability that follows
// from them with thresholds and interactions (so that trees find more than a line does), then the faults of
// real data: missing cells and outliers.
//
// Every number is a pure function of (seed, date, row): rows can be made in any order, by any number of
// threads. The target follows from the clean attributes, before any fault.

#include <cstdint>
#include <vector>

#include "base/date.h"
#include "engine/engine.h"
#include "pipeline/ingest/ingest.h"

namespace tidemill::pipeline {

class SyntheticCustomers {
 public:
  // Errors: kInvalidArgument for shares outside [0, 1], negative noise, no rows.
  SyntheticCustomers(const SyntheticSource& source, uint64_t seed, Date date);

  uint64_t row_count() const { return row_count_; }
  double drift() const { return drift_; }  // in effect on this day

  // key, time, nine numeric and two categorical attributes, target.
  static const std::vector<engine::Column>& columns();

  // The rows begin <= row < end, in order, over what `out` held; `out` gets one entry per column.
  void make_rows(uint64_t begin, uint64_t end, std::vector<engine::InputColumn>& out) const;

 private:
  SyntheticSource source_;
  Date date_;
  uint64_t day_seed_;
  uint64_t row_count_;
  double drift_;
};

}  // namespace tidemill::pipeline
