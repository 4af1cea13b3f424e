// Some rows of a day.

#include <fmt/format.h>

#include "base/text.h"
#include "server/pages/data_day.h"
#include "server/pages/figures.h"
#include "server/pages/parts.h"
#include "server/pages/row_budget.h"
#include "server/pages/table_choice.h"

namespace tidemill::server::pages {
namespace {

constexpr int64_t kRowsShown = 20;
constexpr size_t kCellBytes = 48;
constexpr size_t kRowsBytes = 110'000;

Html cell(const engine::Batch& batch, size_t column, size_t row) {
  if (batch.is_null(column, row)) return element("span", {{"class", "muted"}}, {"null"});
  return shortened(batch.string_at(column, row), kCellBytes);
}

std::string rows_sql(const std::string& uri, const std::vector<engine::Column>& columns, int64_t offset) {
  std::vector<std::string> list;
  for (const engine::Column& column : columns) {
    list.push_back(fmt::format("CAST({} AS VARCHAR)", quote_identifier(column.name)));
  }
  return fmt::format("SELECT {} FROM read_parquet({}, hive_partitioning = false) LIMIT {} OFFSET {}",
                     tidemill::join(list), quote_literal(uri), kRowsShown + 1, offset);
}

}  // namespace

Html data_rows(Call& call, const DataDay& day) {
  const std::string file = shown_file(call, day);
  const ColumnRange range = column_range(call, day);
  const int64_t offset = page_offset(call);
  std::vector<Column> heads = {{"Row", "num"}};
  for (const engine::Column& column : range.columns) heads.push_back({shortened(column.name, kCellBytes)});
  RowBudget budget(heads, kRowsBytes);
  std::vector<TableRow> rows;
  bool has_more = false;
  if (!range.columns.empty()) {
    const auto session = call.project.engine().new_session();
    const auto stream = session->query(
        rows_sql(call.project.objects().engine_uri(day.prefix + "/" + file), range.columns, offset));
    while (const engine::Batch* batch = has_more ? nullptr : stream->next()) {
      for (size_t row = 0; row < batch->row_count() && !has_more; ++row) {
        TableRow line{"", {count_text(static_cast<uint64_t>(offset) + rows.size() + 1)}};
        for (size_t c = 0; c < range.columns.size(); ++c) line.cells.push_back(cell(*batch, c, row));
        has_more = static_cast<int64_t>(rows.size()) == kRowsShown || !budget.add(rows, std::move(line));
      }
    }
  }
  return table_choice(call, day, file) +
         element("div", {{"class", "data-table"}}, {table(heads, rows, "No rows.")}) +
         row_pager(call, static_cast<uint64_t>(offset), rows.size(), static_cast<uint64_t>(kRowsShown),
                   has_more) +
         column_pager(call, range);
}

}  // namespace tidemill::server::pages
