#include "pipeline/duplicates.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.h"

namespace tidemill::pipeline {

Duplicates find_duplicates(engine::Session& session, const std::string& from_sql, const std::string& column,
                           size_t example_limit) {
  const std::string name = quote_identifier(column);
  std::vector<int64_t> hashes;
  const auto rows =
      session.query(fmt::format("SELECT hash({0}) FROM {1} WHERE {0} IS NOT NULL", name, from_sql));
  while (const engine::Batch* batch = rows->next()) {
    const size_t done = hashes.size();
    hashes.resize(done + batch->row_count());
    batch->copy_int64s(0, hashes.data() + done, 0);
  }
  std::sort(hashes.begin(), hashes.end());

  Duplicates duplicates;
  duplicates.value_count = hashes.size();
  std::vector<std::string> repeated;  // enough of them for the examples
  constexpr size_t kMaxRepeated = 1000;
  for (size_t begin = 0; begin < hashes.size();) {
    const auto end = static_cast<size_t>(
        std::upper_bound(hashes.begin() + static_cast<ptrdiff_t>(begin), hashes.end(), hashes[begin]) -
        hashes.begin());
    if (end - begin > 1) {
      duplicates.row_count += end - begin;
      if (repeated.size() < kMaxRepeated)
        repeated.push_back(std::to_string(static_cast<uint64_t>(hashes[begin])));
    }
    begin = end;
  }
  if (repeated.empty()) return duplicates;

  const auto found =
      session.query(fmt::format("SELECT CAST(any_value({0}) AS VARCHAR) FROM {1} WHERE {0} IS NOT NULL AND "
                                "hash({0}) IN ({2}) GROUP BY {0} "
                                "HAVING count(*) > 1 ORDER BY min(file_row_number) LIMIT {3}",
                                name, from_sql, join(repeated), example_limit));
  while (const engine::Batch* batch = found->next()) {
    for (size_t i = 0; i < batch->row_count(); ++i) duplicates.examples.emplace_back(batch->string_at(0, i));
  }
  return duplicates;
}

}  // namespace tidemill::pipeline
