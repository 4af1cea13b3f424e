#pragma once
// The means that comparison features divide by.

#include <map>
#include <string>
#include <vector>

#include "pipeline/prepare/fit.h"

namespace tidemill::pipeline {

class MeanFitter {
 public:
  // Learns the means of the comparisons of one round; those of the rounds before must be there.
  void fit_round(const PrepareContext& context, size_t round);

  // In the order of plan.comparisons(), once all rounds are done.
  std::vector<GroupMeans> fitted(const FeaturePlan& plan) const;

  // The feature query over the window, in this session's engine: file_index, file_row_number, key, target,
  // the raw columns that features need, and every feature. Means that are not known yet are null.
  std::string features_sql(const PrepareContext& context) const;

 private:
  std::map<std::string, GroupMeans> fitted_;      // by feature
  std::map<std::string, std::string> functions_;  // feature -> SQL function from a group's text to its mean
};

}  // namespace tidemill::pipeline
