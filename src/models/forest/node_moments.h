#pragma once
// Mean and spread of a node's targets, and the targets as the split search wants them.

#include <cstddef>
#include <cstdint>

#include "models/forest/split_scan.h"

namespace tidemill::models {

struct NodeMoments {
  double mean = 0;
  uint32_t weight = 0;
  double unit = 0;  // of the centred targets; 0 for a pure node, whose targets are not centred
};

// Of `count` > 0 rows. Unless the node is pure also fills, for each row,
// `centred` = weight * (target - mean) / unit as integers, the unit such that their magnitudes add up to
// `max_centred` (and rounding, at most count / 2) and they themselves to 0. `scratch` has room for `count`.
// Sums run in four fixed strides, so that rows need not wait for each other's additions.
void find_node_moments(const NodeRow* rows, size_t count, int32_t max_centred, NodeMoments& out,
                       int32_t* centred, double* scratch);

}  // namespace tidemill::models
