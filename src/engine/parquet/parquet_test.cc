#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/random.h"
#include "base/text.h"
#include "engine/engine.h"
#include "engine/parquet/file_writer.h"

namespace tidemill::engine::parquet {
namespace {

namespace fs = std::filesystem;

struct Table {
  std::vector<std::string> texts;
  std::vector<double> random, rounded, constant, odd, flag;
  std::vector<int64_t> numbers;
  std::vector<int32_t> small;
};

Table make_table(size_t rows) {
  Table table;
  RandomSequence random(rows);
  const double special[] = {0.0, -0.0, std::numeric_limits<double>::infinity(), -1e-310, 1e308};
  for (size_t i = 0; i < rows; ++i) {
    table.texts.push_back(i % 100 == 0 ? "" : "kéy " + std::to_string(i * 7919));
    table.random.push_back(random.next_uniform());
    table.rounded.push_back(std::floor(random.next_uniform() * 5000) / 7);
    table.constant.push_back(-1.25);
    table.odd.push_back(special[random.next_below(5)]);
    table.flag.push_back(random.next_below(2));
    table.numbers.push_back(static_cast<int64_t>(random.next_bits()));
    table.small.push_back(static_cast<int32_t>(random.next_below(256)) - 128);
  }
  return table;
}

template <typename T>
std::span<const T> part(const std::vector<T>& values, size_t begin, size_t count) {
  return std::span(values).subspan(begin, count);
}

void write_table(const fs::path& path, const Table& table, size_t group_rows) {
  FileWriter file(path);
  const size_t rows = table.texts.size();
  for (size_t begin = 0, group = 0; begin < rows; begin += group_rows, ++group) {
    const size_t count = std::min(group_rows, rows - begin);
    const std::vector<std::string_view> texts(table.texts.begin() + static_cast<ptrdiff_t>(begin),
                                              table.texts.begin() + static_cast<ptrdiff_t>(begin + count));
    std::vector<uint8_t> codes;
    for (size_t i = 0; i < count; ++i) codes.push_back(table.flag[begin + i] == 1 ? 1 : 0);
    file.append(group, 7, encode_int32s(part(table.small, begin, count)));  // any order will do
    file.append(group, 0, encode_texts(texts));
    file.append(group, 1, encode_doubles(part(table.random, begin, count)));
    file.append(group, 2, encode_doubles(part(table.rounded, begin, count)));
    file.append(group, 3, encode_doubles(part(table.constant, begin, count)));
    file.append(group, 4, encode_doubles(part(table.odd, begin, count)));
    file.append(group, 5, encode_coded_doubles(codes, {0.0, 1.0}));
    file.append(group, 6, encode_int64s(part(table.numbers, begin, count)));
  }
  file.finish({{"key", ColumnType::kText},
               {"random", ColumnType::kDouble},
               {"rounded", ColumnType::kDouble},
               {"constant", ColumnType::kDouble},
               {"odd", ColumnType::kDouble},
               {"fl\"ag", ColumnType::kDouble},
               {"number", ColumnType::kBigint},
               {"small", ColumnType::kTinyint}});
}

class ParquetTest : public testing::Test {
 protected:
  ParquetTest() : dir_(fs::path(testing::TempDir()) / ("parquet_" + std::to_string(::getpid()))) {
    fs::create_directories(dir_);
  }
  ~ParquetTest() override { fs::remove_all(dir_); }

  fs::path dir_;
};

void expect_bits(const std::vector<double>& read, const std::vector<double>& expected, size_t begin) {
  ASSERT_EQ(std::memcmp(read.data(), expected.data() + begin, read.size() * sizeof(double)), 0) << begin;
}

TEST_F(ParquetTest, IsReadBackToTheBit) {
  EngineOptions options;
  options.readable_paths = {dir_.string()};
  const auto session = open_engine(options)->new_session();
  for (const auto& [rows, group_rows] :
       {std::pair<size_t, size_t>{1, 10}, {7, 3}, {100'003, 40'000}, {5000, 5000}}) {
    const Table table = make_table(rows);
    write_table(dir_ / "t.parquet", table, group_rows);
    const auto stream =
        session->query("SELECT * FROM read_parquet(" + quote_literal((dir_ / "t.parquet").string()) + ")");
    EXPECT_EQ(stream->columns()[5].name, "fl\"ag");
    EXPECT_EQ(stream->columns()[7].type, "TINYINT");
    size_t row = 0;
    while (const Batch* batch = stream->next()) {
      std::vector<double> doubles(batch->row_count());
      std::vector<int64_t> numbers(batch->row_count());
      const std::vector<double>* columns[] = {&table.random, &table.rounded, &table.constant, &table.odd,
                                              &table.flag};
      for (size_t c = 0; c < 5; ++c) {
        batch->copy_doubles(c + 1, doubles.data());
        expect_bits(doubles, *columns[c], row);
      }
      for (size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(batch->string_at(0, i), table.texts[row + i]);
      batch->copy_int64s(6, numbers.data(), 0);
      for (size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], table.numbers[row + i]);
      batch->copy_int64s(7, numbers.data(), 0);
      for (size_t i = 0; i < numbers.size(); ++i) ASSERT_EQ(numbers[i], table.small[row + i]);
      row += batch->row_count();
    }
    EXPECT_EQ(row, rows);
  }
}

TEST_F(ParquetTest, UsesADictionaryWhereValuesRepeat) {
  const Table table = make_table(100'000);
  EXPECT_LT(encode_doubles(table.rounded).bytes.size(), 220'000u);  // 13 bits a value and 5,000 values
  EXPECT_LT(encode_doubles(table.constant).bytes.size(), 200u);
  EXPECT_GE(encode_doubles(table.random).bytes.size(), 700'000u);
  EXPECT_EQ(encode_doubles(table.rounded).bytes, encode_doubles(table.rounded).bytes);
}

TEST_F(ParquetTest, RefusesAnIncompleteTable) {
  FileWriter file(dir_ / "t.parquet");
  file.append(0, 0, encode_doubles(std::vector<double>{1, 2}));
  file.append(0, 1, encode_doubles(std::vector<double>{1}));
  EXPECT_THROW(file.finish({{"a"}, {"b"}}), Error);
  EXPECT_THROW(FileWriter(dir_ / "none" / "t.parquet"), Error);
}

}  // namespace
}  // namespace tidemill::engine::parquet
