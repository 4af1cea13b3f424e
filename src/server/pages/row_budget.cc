#include "server/pages/row_budget.h"

#include <fmt/format.h>

#include "base/text.h"
#include "server/pages/figures.h"

namespace tidemill::server::pages {

RowBudget::RowBudget(const std::vector<Column>& columns, size_t size_bytes_max)
    : left_bytes_(size_bytes_max) {
  constexpr size_t kTags = 40;  // <td class="num" data-label="..."></td>
  for (const Column& column : columns) row_bytes_ += escape_markup(column.head).size() + kTags;
}

bool RowBudget::add(std::vector<TableRow>& rows, TableRow row) {
  size_t size_bytes = row_bytes_;
  for (const Html& cell : row.cells) size_bytes += cell.text().size();
  if (size_bytes > left_bytes_) {
    left_bytes_ = 0;
    return false;
  }
  left_bytes_ -= size_bytes;
  rows.push_back(std::move(row));
  return true;
}

std::string shown_of(size_t shown, size_t total, const std::string& where) {
  if (shown >= total) return "";
  return fmt::format("{} of {}{}", count_text(shown), count_text(total),
                     where.empty() ? "" : "; all of them in " + where);
}

}  // namespace tidemill::server::pages
