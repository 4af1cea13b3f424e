#include "pipeline/prepare/prepared_files.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/parallel.h"
#include "base/text.h"
#include "pipeline/prepare/key_column.h"

namespace tidemill::pipeline {
namespace {

namespace parquet = engine::parquet;

constexpr size_t kPiecesPerThread = 4;  // in memory at once

bool is_small_integer(const std::string& type) {
  return type == "BIGINT" || type == "INTEGER" || type == "SMALLINT" || type == "TINYINT" ||
         type == "UINTEGER" || type == "USMALLINT" || type == "UTINYINT";
}

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
  KeyColumn train(train_, is_integer, 0, window.train().count());
  KeyColumn test(test_, is_integer, window.train().count(), window.used_count());
  context_.session.for_each_batch(fmt::format("SELECT file_index, file_row_number, CAST({} AS {}) FROM {}",
                                              quote_identifier(context_.options.roles.key),
                                              is_integer ? "BIGINT" : "VARCHAR", window.source_sql()),
                                  [&](const engine::Batch& batch) {
                                    const std::vector<size_t> positions = window.positions(batch);
                                    train.take(batch, 2, positions);
                                    test.take(batch, 2, positions);
                                  });
}

void PreparedFiles::finish(const std::vector<parquet::ColumnSpec>& columns) {
  train_.finish(columns);
  test_.finish(columns);
}

}  // namespace tidemill::pipeline
