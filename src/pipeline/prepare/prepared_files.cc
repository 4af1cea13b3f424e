#include "pipeline/prepare/prepared_files.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/parallel.h"
#include "base/text.h"

namespace tidemill::pipeline {
namespace {

namespace parquet = engine::parquet;

constexpr size_t kPiecesPerThread = 4;  // in memory at once

bool is_small_integer(const std::string& type) {
  return type == "BIGINT" || type == "INTEGER" || type == "SMALLINT" || type == "TINYINT" ||
         type == "UINTEGER" || type == "USMALLINT" || type == "UTINYINT";
}

// The keys of one side as they come, cut into row groups.
class KeyColumn {
 public:
  KeyColumn(parquet::FileWriter& file, bool is_integer, size_t row_count)
      : file_(file), is_integer_(is_integer), left_(row_count) {}

  void add(std::string_view text, int64_t number) {
    if (is_integer_) {
      numbers_.push_back(number);
    } else {
      texts_ += text;
      ends_.push_back(texts_.size());
    }
    --left_;
    if (std::max(numbers_.size(), ends_.size()) == parquet::kRowGroupRows || left_ == 0) flush();
  }

 private:
  void flush() {
    if (is_integer_) {
      file_.append(row_group_++, 0, parquet::encode_int64s(numbers_));
    } else {
      std::vector<std::string_view> texts;
      size_t begin = 0;
      for (const size_t end : ends_) {
        texts.emplace_back(texts_.data() + begin, end - begin);
        begin = end;
      }
      file_.append(row_group_++, 0, parquet::encode_texts(texts));
    }
    numbers_.clear();
    texts_.clear();
    ends_.clear();
  }

  parquet::FileWriter& file_;
  bool is_integer_;
  size_t left_;
  size_t row_group_ = 0;
  std::vector<int64_t> numbers_;
  std::string texts_;
  std::vector<size_t> ends_;
};

}  // namespace

parquet::ColumnType key_column_type(const std::string& key_type) {
  return is_small_integer(key_type) ? parquet::ColumnType::kBigint : parquet::ColumnType::kText;
}

PreparedFiles::PreparedFiles(const PrepareContext& context, const std::filesystem::path& dir)
    : context_(context), train_(dir / kTrainFile), test_(dir / kTestFile) {
  const size_t train_count = context.window.train().count();
  const auto cut = [&](parquet::FileWriter& file, size_t begin, size_t end) {
    for (size_t group = 0; begin < end; ++group, begin += parquet::kRowGroupRows) {
      pieces_.push_back({&file, group, begin, std::min(begin + parquet::kRowGroupRows, end)});
    }
  };
  cut(train_, 0, train_count);
  cut(test_, train_count, context.window.used_count());
}

void PreparedFiles::add(const std::vector<Column>& columns) {
  const size_t task_count = columns.size() * pieces_.size();
  const size_t wave = kPiecesPerThread * static_cast<size_t>(std::max(context_.options.thread_count, 1));
  std::vector<parquet::ColumnChunk> chunks(std::min(wave, task_count));
  for (size_t first = 0; first < task_count; first += wave) {
    const size_t count = std::min(wave, task_count - first);
    parallel_for(count, context_.options.thread_count, [&](size_t i) {
      const Piece& piece = pieces_[(first + i) % pieces_.size()];
      chunks[i] = columns[(first + i) / pieces_.size()].encode(piece.begin, piece.end);
    });
    for (size_t i = 0; i < count; ++i) {
      const Piece& piece = pieces_[(first + i) % pieces_.size()];
      piece.file->append(piece.row_group, columns[(first + i) / pieces_.size()].number, chunks[i]);
    }
  }
}

void PreparedFiles::add_keys(const std::string& key_type) {
  const bool is_integer = key_column_type(key_type) == parquet::ColumnType::kBigint;
  const Window& window = context_.window;
  KeyColumn train(train_, is_integer, window.train().count()), test(test_, is_integer, window.test().count());
  const auto stream = context_.session.query(
      fmt::format("SELECT CAST({} AS {}) FROM {}", quote_identifier(context_.options.roles.key),
                  is_integer ? "BIGINT" : "VARCHAR", window.source_sql()));
  size_t row = 0;
  std::vector<int64_t> numbers;
  while (const engine::Batch* batch = stream->next()) {
    numbers.resize(batch->row_count());
    if (is_integer) batch->copy_int64s(0, numbers.data(), 0);
    for (size_t i = 0; i < batch->row_count(); ++i, ++row) {
      if (window.position(row) == SIZE_MAX) continue;
      const std::string_view text = is_integer ? std::string_view() : batch->string_at(0, i);
      (window.train().contains(row) ? train : test).add(text, numbers[i]);
    }
  }
}

void PreparedFiles::finish(const std::vector<parquet::ColumnSpec>& columns) {
  train_.finish(columns);
  test_.finish(columns);
}

}  // namespace tidemill::pipeline
