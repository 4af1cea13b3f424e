#pragma once
// Which table of a day and which of its columns are shown: tables may have hundreds of them.

#include <string>
#include <vector>

#include "server/pages/data_day.h"

namespace tidemill::server::pages {

struct ColumnRange {
  size_t offset = 0, total = 0;
  std::vector<engine::Column> columns{};
};

// Those from ?column= on. Errors: none; a number that is none counts as 0.
ColumnRange column_range(Call& call, const DataDay& day);

// Links to the other columns; nothing where all are shown.
Html column_pager(const Call& call, const ColumnRange& range);

// Links to the rows before and after; nothing where all are shown.
Html row_pager(const Call& call, uint64_t offset, uint64_t shown, uint64_t limit, bool has_more);

// Links to the tables of the day; nothing where there is one.
Html table_choice(Call& call, const DataDay& day, const std::string& shown);

}  // namespace tidemill::server::pages
