#include <atomic>
#include <cmath>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/error.h"
#include "engine/engine.h"

namespace tidemill::engine {
namespace {

namespace fs = std::filesystem;

class EngineTest : public testing::Test {
 protected:
  EngineTest() : dir_(fs::path(testing::TempDir()) / ("engine_" + std::to_string(::getpid()))) {
    fs::create_directories(dir_ / "data");
    options_.readable_paths = {(dir_ / "data").string()};
  }
  ~EngineTest() override { fs::remove_all(dir_); }

  static ErrorCode code_of(Session& session, const std::string& sql) {
    try {
      session.execute(sql);
    } catch (const Error& error) {
      return error.code();
    }
    ADD_FAILURE() << "no error: " << sql;
    return ErrorCode::kInternal;
  }

  fs::path dir_;
  EngineOptions options_;
};

TEST_F(EngineTest, ConvertsEveryNumericType) {
  const auto engine = open_engine(options_);
  const auto session = engine->new_session();
  const auto stream = session->query(
      "SELECT 1::TINYINT, 2::SMALLINT, 3::INTEGER, 4::BIGINT, 5::UTINYINT, 6::USMALLINT, 7::UINTEGER, "
      "8::UBIGINT, "
      "-9::HUGEINT, 10::UHUGEINT, 1.5::FLOAT, 2.5::DOUBLE, 12.25::DECIMAL(4,2), -0.001::DECIMAL(38,3), true, "
      "DATE '1970-01-02', TIMESTAMP '1970-01-01 00:00:01', TIMESTAMP_S '1970-01-01 00:00:01', "
      "TIMESTAMP_MS '1970-01-01 00:00:01', TIMESTAMP_NS '1970-01-01 00:00:01'");
  const std::vector<double> expected = {1,   2,   3,     4,      5, 6,       7,   8,   -9,  10,
                                        1.5, 2.5, 12.25, -0.001, 1, 86400e6, 1e6, 1e6, 1e6, 1e6};
  const Batch* batch = stream->next();
  ASSERT_NE(batch, nullptr);
  ASSERT_EQ(stream->columns().size(), expected.size());
  for (size_t c = 0; c < expected.size(); ++c) {
    double value = 0;
    batch->copy_doubles(c, &value);
    EXPECT_EQ(value, expected[c]) << stream->columns()[c].type;
  }
  EXPECT_EQ(stream->columns()[12].type, "DECIMAL(4,2)");
  EXPECT_EQ(stream->columns()[16].type, "TIMESTAMP");
}

TEST_F(EngineTest, NullsAreNanAndEmpty) {
  const auto engine = open_engine(options_);
  const auto session = engine->new_session();
  const auto stream =
      session->query("SELECT * FROM (VALUES (1, 'one'), (NULL, NULL), (3, 'a text of some length')) t(n, s)");
  const Batch* batch = stream->next();
  ASSERT_EQ(batch->row_count(), 3u);
  double numbers[3];
  int64_t integers[3];
  batch->copy_doubles(0, numbers);
  batch->copy_int64s(0, integers, -1);
  EXPECT_EQ(numbers[0], 1);
  EXPECT_TRUE(std::isnan(numbers[1]));
  EXPECT_EQ(integers[1], -1);
  EXPECT_EQ(batch->string_at(1, 0), "one");
  EXPECT_TRUE(batch->is_null(1, 1));
  EXPECT_EQ(batch->string_at(1, 1), "");
  EXPECT_EQ(batch->string_at(1, 2), "a text of some length");
  EXPECT_THROW(batch->copy_doubles(1, numbers), Error);
  EXPECT_THROW(batch->string_at(0, 0), Error);
}

TEST_F(EngineTest, KeepsRowOrderAtAnyThreadCount) {
  const std::string file = (dir_ / "data/rows.parquet").string();
  for (int threads : {1, 2, 4}) {
    options_.thread_count = threads;
    const auto engine = open_engine(options_);
    const auto session = engine->new_session();
    session->execute("COPY (SELECT range AS i FROM range(300000)) TO '" + file + "' (ROW_GROUP_SIZE 20480)");
    const auto stream = session->query("SELECT i FROM read_parquet('" + file + "') WHERE i % 3 = 0");
    int64_t next = 0;
    std::vector<int64_t> values(4096);
    while (const Batch* batch = stream->next()) {
      batch->copy_int64s(0, values.data(), -1);
      for (size_t i = 0; i < batch->row_count(); ++i, next += 3) ASSERT_EQ(values[i], next);
    }
    EXPECT_EQ(next, 300000);
  }
}

TEST_F(EngineTest, TakesTables) {
  const auto engine = open_engine(options_);
  const auto session = engine->new_session();
  InputColumn number{{"n", "DOUBLE"}, {}, {}, {}}, text{{"s", "VARCHAR"}, {}, {}, {}},
      flag{{"b", "BOOLEAN"}, {}, {}, {}};
  for (int i = 0; i < 5000; ++i) {
    number.numbers.push_back(i % 10 == 0 ? std::nan("") : i);
    flag.numbers.push_back(i % 2);
    text.strings.push_back("value number " + std::to_string(i));
    text.is_null.push_back(i % 7 == 0);
  }
  session->create_table("my rows", {number, text, flag});
  const auto stream =
      session->query("SELECT count(*), count(n), count(s), sum(n), count(*) FILTER (b) FROM \"my rows\"");
  const Batch* batch = stream->next();
  double values[5];
  for (size_t c = 0; c < 5; ++c) batch->copy_doubles(c, &values[c]);
  EXPECT_EQ(values[0], 5000);
  EXPECT_EQ(values[1], 4500);
  EXPECT_EQ(values[2], 5000 - 715);
  EXPECT_EQ(values[3], 4999. * 5000 / 2 - 10 * (499. * 500 / 2));
  EXPECT_EQ(values[4], 2500);
}

TEST_F(EngineTest, TouchesOnlyReadablePaths) {
  fs::create_directories(dir_ / "outside");
  std::ofstream(dir_ / "outside/secret.txt") << "secret";
  fs::create_directory_symlink(dir_ / "data", dir_ / "link");
  fs::create_symlink(dir_ / "outside/secret.txt", dir_ / "data/escape.txt");
  const auto engine = open_engine(options_);
  const auto session = engine->new_session();
  const std::string data = (dir_ / "data").string();
  session->execute("COPY (SELECT 1 AS a) TO '" + data + "/a.parquet'");
  session->execute("SELECT * FROM read_parquet('" + data + "/*.parquet')");
  session->execute("SELECT * FROM read_parquet('" + (dir_ / "link/a.parquet").string() + "')");
  const fs::path relative = fs::relative(dir_ / "data/a.parquet");
  session->execute("SELECT * FROM read_parquet('" + relative.string() + "')");
  EXPECT_THROW(session->query("SELECT * FROM read_text('" + (dir_ / "outside/secret.txt").string() + "')"),
               Error);

  const auto denied = ErrorCode::kPermissionDenied;
  EXPECT_EQ(code_of(*session, "SELECT * FROM read_text('" + (dir_ / "outside/secret.txt").string() + "')"),
            denied);
  EXPECT_EQ(code_of(*session, "SELECT * FROM read_text('" + data + "/../outside/secret.txt')"), denied);
  EXPECT_EQ(code_of(*session, "SELECT * FROM read_text('" + data + "/escape.txt')"), denied);
  EXPECT_EQ(code_of(*session, "COPY (SELECT 1) TO '" + (dir_ / "outside/x.parquet").string() + "'"), denied);
  EXPECT_EQ(code_of(*session, "ATTACH '" + (dir_ / "outside/x.db").string() + "'"), denied);
  EXPECT_EQ(code_of(*session, "SET enable_external_access = true"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(*session, "SET threads = 3"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(*session, "SELECT * FROM read_csv('https://example.org/x.csv')"), denied);
}

TEST_F(EngineTest, ReportsWhatWentWrong) {
  std::ofstream(dir_ / "data/torn.parquet") << "PAR1 but no more";
  const auto engine = open_engine(options_);
  const auto session = engine->new_session();
  const std::string data = (dir_ / "data").string();
  EXPECT_EQ(code_of(*session, "SELECT * FROM read_parquet('" + data + "/torn.parquet')"),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(*session, "SELECT * FROM read_parquet('" + data + "/none.parquet')"),
            ErrorCode::kNotFound);
  EXPECT_EQ(code_of(*session, "SELEC 1"), ErrorCode::kInvalidArgument);
  // In the middle of a stream.
  const auto drain = [&] {
    const auto stream = session->query(
        "SELECT CASE WHEN i < 200000 THEN 1 ELSE error('row ' || i) END FROM range(300000) t(i)");
    while (stream->next() != nullptr) continue;
  };
  EXPECT_THROW(drain(), Error);
}

TEST_F(EngineTest, GivesEveryRowOnceToForEachBatch) {
  options_.thread_count = 4;
  const auto engine = open_engine(options_);
  const auto session = engine->new_session();
  session->execute(
      "CREATE TEMP TABLE t AS SELECT range AS i, CASE WHEN range % 5 <> 0 THEN 'text ' || range END AS s "
      "FROM range(500000)");
  std::vector<std::atomic<int>> seen(500000);
  std::atomic<int> wrong = 0;
  session->for_each_batch("SELECT s, i FROM t WHERE i % 2 = 0", [&](const Batch& batch) {
    std::vector<int64_t> rows(batch.row_count());
    batch.copy_int64s(1, rows.data(), -1);
    for (size_t i = 0; i < rows.size(); ++i) {
      ++seen[static_cast<size_t>(rows[i])];
      const std::string expected = rows[i] % 5 != 0 ? "text " + std::to_string(rows[i]) : "";
      if (batch.string_at(0, i) != expected || batch.is_null(0, i) != expected.empty()) ++wrong;
    }
  });
  EXPECT_EQ(wrong, 0);
  for (size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i], i % 2 == 0 ? 1 : 0) << i;
  session->for_each_batch("SELECT i FROM t WHERE false", [&](const Batch&) { ++wrong; });
  EXPECT_EQ(wrong, 0);
  try {
    session->for_each_batch("SELECT 1 FROM t",
                            [](const Batch&) { throw Error(ErrorCode::kConflict, "stop"); });
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConflict);
  }
}

TEST_F(EngineTest, CallsFunctionsOfTheProgram) {
  const auto engine = open_engine(options_);
  const std::string twice =
      engine->new_session()->register_function({"DOUBLE"}, [](const Batch& batch, double* out) {
        batch.copy_doubles(0, out);
        for (size_t i = 0; i < batch.row_count(); ++i)
          out[i] = std::isnan(out[i]) ? -1 : out[i] < 0 ? std::nan("") : 2 * out[i];
      });
  const auto session = engine->new_session();
  const auto stream = session->query("SELECT " + twice + "(x) FROM (VALUES (1.5), (NULL), (-1)) t(x)");
  double values[3];
  const Batch* batch = stream->next();
  batch->copy_doubles(0, values);
  EXPECT_EQ(values[0], 3);
  EXPECT_EQ(values[1], -1);
  EXPECT_TRUE(batch->is_null(0, 2));
  const std::string fails = session->register_function(
      {"BIGINT"}, [](const Batch&, double*) { throw Error(ErrorCode::kConflict, "boom"); });
  EXPECT_EQ(code_of(*session, "SELECT " + fails + "(range) FROM range(3)"), ErrorCode::kInvalidArgument);
}

TEST_F(EngineTest, SpillsWithinItsMemory) {
  const std::string sql =
      "SELECT i FROM (SELECT range AS i FROM range(3000000)) ORDER BY hash(i) LIMIT 1 OFFSET 2999999";
  options_.memory_limit_bytes = 24 << 20;
  EXPECT_EQ(code_of(*open_engine(options_)->new_session(), sql), ErrorCode::kResourceExhausted);
  options_.spill_dir = dir_ / "data";
  open_engine(options_)->new_session()->execute(sql);
}

TEST_F(EngineTest, RunsInUtcAndSaysItsVersion) {
  const auto engine = open_engine(options_);
  EXPECT_TRUE(engine->version().starts_with("v1.")) << engine->version();
  const auto stream = engine->new_session()->query("SELECT hour(TIMESTAMPTZ '2026-11-01 12:00:00+00')");
  double hour = 0;
  stream->next()->copy_doubles(0, &hour);
  EXPECT_EQ(hour, 12);
}

}  // namespace
}  // namespace tidemill::engine
