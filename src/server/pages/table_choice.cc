#include "server/pages/table_choice.h"

#include <algorithm>

#include <fmt/format.h>

#include "server/pages/form_values.h"
#include "server/pages/parts.h"

namespace tidemill::server::pages {
namespace {

constexpr size_t kColumnsShown = 24;

size_t offset_of(const Call& call) {
  return static_cast<size_t>(std::max<int64_t>(0, whole_number(parameter(call, "column")).value_or(0)));
}

Html page_link(const Call& call, const char* parameter, uint64_t offset, const char* text, const char* rel) {
  return link(same_page_with(call, parameter, std::to_string(offset)), text,
              {{"class", "button small"}, {"rel", rel}});
}

Html pager_of(const std::string& what, const std::string& where, const std::vector<Html>& links) {
  return element("nav", {{"class", "pager"}, {"aria-label", what}},
                 {element("span", {}, {where}), element("span", {{"class", "actions"}}, links)});
}

}  // namespace

ColumnRange column_range(Call& call, const DataDay& day) {
  const std::vector<engine::Column>& all = day.manifest.columns;
  ColumnRange range{std::min(offset_of(call), all.size()), all.size(), {}};
  for (size_t i = range.offset; i < std::min(range.offset + kColumnsShown, all.size()); ++i) {
    range.columns.push_back(all[i]);
  }
  return range;
}

Html column_pager(const Call& call, const ColumnRange& range) {
  if (range.columns.size() == range.total) return {};
  const size_t end = range.offset + range.columns.size();
  std::vector<Html> links;
  if (range.offset > 0) {
    const size_t before = range.offset - std::min(range.offset, kColumnsShown);
    links.push_back(page_link(call, "column", before, "← Columns before", "prev"));
  }
  if (end < range.total) links.push_back(page_link(call, "column", end, "More columns →", "next"));
  const std::string where =
      fmt::format("Columns {}–{} of {}", std::min(range.offset + 1, end), end, range.total);
  return pager_of("Columns", where, links);
}

Html row_pager(const Call& call, uint64_t offset, uint64_t shown, uint64_t limit, bool has_more) {
  if (offset == 0 && !has_more) return {};
  std::vector<Html> links;
  if (offset > 0)
    links.push_back(page_link(call, "offset", offset - std::min(offset, limit), "← Rows before", "prev"));
  if (has_more) links.push_back(page_link(call, "offset", offset + shown, "More rows →", "next"));
  return pager_of("Rows", shown == 0 ? "No rows" : fmt::format("Rows {}–{}", offset + 1, offset + shown),
                  links);
}

Html table_choice(Call& call, const DataDay& day, const std::string& shown) {
  std::vector<Tab> files;
  for (const pipeline::ManifestFile& file : day.manifest.files) {
    if (!file.name.ends_with(".parquet")) continue;
    files.push_back({file.name,
                     with_query(data_path(day.dataset, day.date),
                                {{"view", std::string(call.request.query_value("view").value_or(""))},
                                 {"file", file.name}}),
                     file.name == shown});
  }
  return files.size() < 2 ? Html() : tabs("Tables of this day", files);
}

}  // namespace tidemill::server::pages
