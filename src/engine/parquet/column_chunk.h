#pragma once
// One column of one row group as Parquet bytes. Values go in, pages come out: pure functions, so that chunks
// can be made on any thread and a file is the same bytes at any thread count. No nulls. Source:
// parquet-format/README.md and Encodings.md; read back in tests by DuckDB and, in tests/golden, pyarrow.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill::engine::parquet {

// What a row group holds unless it is the last: DuckDB's own number.
inline constexpr size_t kRowGroupRows = 122'880;

struct ColumnChunk {
  std::string bytes;  // the pages with their headers, compressed
  size_t value_count = 0;
  size_t uncompressed_size = 0;  // of the pages with their headers
  size_t data_page_offset = 0;   // into bytes; 0 when there is no dictionary page before it
  bool is_compressed = false;    // zstd, where that saves something
};

// With a dictionary where the values repeat enough for it to be shorter. Cost: about 4 ns a value.
ColumnChunk encode_doubles(std::span<const double> values);

// values[i] = dictionary[codes[i]], for a caller that knows the few values there are. Cost: about 1 ns a
// value.
ColumnChunk encode_coded_doubles(std::span<const uint8_t> codes, const std::vector<double>& dictionary);
ColumnChunk encode_coded_int32s(std::span<const uint8_t> codes, const std::vector<int32_t>& dictionary);

ColumnChunk encode_int32s(std::span<const int32_t> values);
ColumnChunk encode_int64s(std::span<const int64_t> values);
ColumnChunk encode_texts(std::span<const std::string_view> values);

}  // namespace tidemill::engine::parquet
