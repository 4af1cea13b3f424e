#include "engine/duckdb/row_streams.h"

#include <algorithm>
#include <filesystem>
#include <limits>

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/id.h"
#include "base/text.h"
#include "engine/engine.h"

namespace tidemill::engine {
namespace {

namespace fs = std::filesystem;

class WriteParquet : public testing::Test {
 protected:
  WriteParquet() { fs::create_directories(dir_); }
  ~WriteParquet() override { fs::remove_all(dir_); }

  std::unique_ptr<Engine> open(int threads) {
    EngineOptions options;
    options.thread_count = threads;
    options.readable_paths = {dir_.string()};
    return open_engine(options);
  }

  double number(Session& session, const std::string& sql) {
    double value = 0;
    const auto stream = session.query(sql);
    stream->next()->copy_doubles(0, &value);
    return value;
  }

  fs::path dir_ = fs::temp_directory_path() / ("tidemill-test-" + new_id());
  const std::vector<Column> columns_ = {
      {"n", "BIGINT"}, {"x", "DOUBLE"}, {"s", "VARCHAR"}, {"t", "TIMESTAMP"}};
};

// `total` rows in pieces of `piece`: n counts up, every tenth x and s is null.
RowSource count_up(size_t total, size_t piece) {
  return [total, piece, begin = size_t{0}](std::vector<InputColumn>& columns) mutable {
    const size_t end = std::min(begin + piece, total);
    for (InputColumn& column : columns)
      column.numbers.clear(), column.strings.clear(), column.is_null.clear();
    for (size_t i = begin; i < end; ++i) {
      const double n = static_cast<double>(i);
      columns[0].numbers.push_back(n);
      columns[1].numbers.push_back(i % 10 == 0 ? std::numeric_limits<double>::quiet_NaN() : n / 7);
      columns[2].strings.push_back("row number " + std::to_string(i));
      columns[2].is_null.push_back(i % 10 == 0);
      columns[3].numbers.push_back(n);
    }
    return std::exchange(begin, end) < end;
  };
}

TEST_F(WriteParquet, KeepsValuesAndOrder) {
  const fs::path path = dir_ / "rows.parquet";
  const auto engine = open(2);
  const auto session = engine->new_session();
  session->write_parquet(path, columns_, count_up(300'000, 7'001));
  const std::string from = " FROM " + quote_literal(path.string());
  EXPECT_EQ(number(*session, "SELECT count(*)" + from), 300'000);
  EXPECT_EQ(number(*session, "SELECT count(x)" + from), 270'000);
  EXPECT_EQ(number(*session, "SELECT count(s)" + from), 270'000);
  EXPECT_EQ(number(*session, "SELECT count(*)" + from +
                                 " WHERE n <> file_row_number OR epoch_us(t) <> n OR "
                                 "s <> concat('row number ', n) OR x <> n / 7"),
            0);
}

TEST_F(WriteParquet, GivesTheSameBytesAtAnyThreadCountAndPieceSize) {
  std::vector<std::string> digests;
  for (const auto& [threads, piece] : {std::pair{1, 5'000}, {2, 5'000}, {4, 131'072}}) {
    const fs::path path = dir_ / std::to_string(digests.size());
    open(threads)->new_session()->write_parquet(path, columns_, count_up(200'000, piece));
    digests.push_back(sha256_hex_of_file(path));
  }
  EXPECT_EQ(digests[1], digests[0]);
  EXPECT_EQ(digests[2], digests[0]);
}

TEST_F(WriteParquet, GivesBackWhatTheSourceThrows) {
  const auto engine = open(2);
  const auto session = engine->new_session();
  try {
    session->write_parquet(dir_ / "failing", columns_, [](std::vector<InputColumn>&) -> bool {
      throw Error(ErrorCode::kConflict, "the source is gone");
    });
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConflict);
    EXPECT_EQ(error.message(), "the source is gone");
  }
  EXPECT_THROW(session->write_parquet(dir_ / "typed", {{"x", "BLOB"}}, count_up(1, 1)), Error);
  EXPECT_THROW(session->execute("SELECT * FROM tidemill_rows(1)"), Error);
  session->write_parquet(dir_ / "after", columns_, count_up(3, 2));
}

}  // namespace
}  // namespace tidemill::engine
