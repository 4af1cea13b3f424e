#include "pipeline/prepare/key_column.h"

#include <algorithm>
#include <string_view>

namespace tidemill::pipeline {

namespace parquet = engine::parquet;

KeyColumn::KeyColumn(parquet::FileWriter& file, bool is_integer, size_t begin, size_t end)
    : file_(file), is_integer_(is_integer), begin_(begin), end_(end) {}

// Positions of one column rise within a batch; the batch is cut where they jump or reach another row group.
void KeyColumn::take(const engine::Batch& batch, size_t column, const std::vector<size_t>& positions) {
  std::vector<int64_t> numbers(is_integer_ ? positions.size() : 0), piece_numbers;
  if (is_integer_) batch.copy_int64s(column, numbers.data(), 0);
  std::string texts;
  std::vector<uint32_t> lengths;
  size_t first = 0, next = SIZE_MAX;
  const auto flush = [&] {
    if (next == SIZE_MAX || next == first) return;
    add(first / parquet::kRowGroupRows, first % parquet::kRowGroupRows, std::move(texts), std::move(lengths),
        piece_numbers);
    texts.clear();
    lengths.clear();
    piece_numbers.clear();
  };
  for (size_t i = 0; i < positions.size(); ++i) {
    if (positions[i] < begin_ || positions[i] >= end_) continue;
    const size_t place = positions[i] - begin_;
    if (place != next || place % parquet::kRowGroupRows == 0) {
      flush();
      first = place;
    }
    next = place + 1;
    if (is_integer_) {
      piece_numbers.push_back(numbers[i]);
    } else {
      const std::string_view text = batch.string_at(column, i);
      texts += text;
      lengths.push_back(static_cast<uint32_t>(text.size()));
    }
  }
  flush();
}

void KeyColumn::add(size_t group, size_t first_place, std::string texts, std::vector<uint32_t> lengths,
                    const std::vector<int64_t>& numbers) {
  RowGroup complete;
  {
    const std::lock_guard lock(mutex_);
    const auto [entry, is_new] = filling_.try_emplace(group);
    RowGroup& rows = entry->second;
    if (is_new) {
      rows.missing = std::min(parquet::kRowGroupRows, end_ - begin_ - group * parquet::kRowGroupRows);
      rows.numbers.resize(is_integer_ ? rows.missing : 0);
    }
    rows.missing -= is_integer_ ? numbers.size() : lengths.size();
    std::copy(numbers.begin(), numbers.end(),
              rows.numbers.begin() + static_cast<ptrdiff_t>(is_integer_ ? first_place : 0));
    if (!is_integer_) {
      rows.pieces.emplace_back(first_place, std::move(texts));
      rows.lengths.push_back(std::move(lengths));
    }
    if (rows.missing > 0) return;
    complete = std::move(rows);
    filling_.erase(entry);
  }
  parquet::ColumnChunk chunk = encode(complete);  // while other threads go on
  const std::lock_guard lock(mutex_);
  encoded_.emplace(group, std::move(chunk));
  append_ready();
}

parquet::ColumnChunk KeyColumn::encode(RowGroup& group) const {
  if (is_integer_) return parquet::encode_int64s(group.numbers);
  std::vector<size_t> order(group.pieces.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return group.pieces[a].first < group.pieces[b].first; });
  std::vector<std::string_view> texts;
  for (const size_t piece : order) {
    size_t at = 0;
    for (const uint32_t length : group.lengths[piece]) {
      texts.push_back(std::string_view(group.pieces[piece].second).substr(at, length));
      at += length;
    }
  }
  return parquet::encode_texts(texts);
}

void KeyColumn::append_ready() {
  for (auto ready = encoded_.find(next_group_); ready != encoded_.end(); ready = encoded_.find(next_group_)) {
    file_.append(next_group_++, 0, ready->second);
    encoded_.erase(ready);
  }
}

}  // namespace tidemill::pipeline
