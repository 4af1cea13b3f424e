#pragma once
// Counts as columns beside each other.

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/pages/html.h"

namespace tidemill::server::pages {

struct Histogram {
  std::string name;                                      // of what
  std::vector<std::pair<std::string, uint64_t>> bins{};  // "10 to 20", and how many
};

// SVG without styles of its own (the classes are those of ui/app.css), and the same numbers as a table for
// those who want them exactly or cannot see the picture.
Html histogram_view(const Histogram& histogram);

}  // namespace tidemill::server::pages
