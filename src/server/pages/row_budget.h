#pragma once
// Rows of a table until it is as large as a part of a page may be, whatever is in them.

#include <cstddef>
#include <string>
#include <vector>

#include "server/pages/parts.h"

namespace tidemill::server::pages {

class RowBudget {
 public:
  RowBudget(const std::vector<Column>& columns, size_t size_bytes_max);

  // False where there is no room for it: it was not added, and nothing is any more.
  bool add(std::vector<TableRow>& rows, TableRow row);

 private:
  size_t row_bytes_ = 0;  // of an empty row
  size_t left_bytes_;
};

// "40 of 200; all of them in preparation.json"; "" when all are shown.
std::string shown_of(size_t shown, size_t total, const std::string& where = "");

}  // namespace tidemill::server::pages
