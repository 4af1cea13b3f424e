// Days that land as files: what is inferred, what is held, what is refused.

#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/id.h"
#include "base/text.h"
#include "pipeline/ingest/ingest.h"

namespace tidemill::pipeline {
namespace {

namespace fs = std::filesystem;

const Date kDay = Date::parse("2026-11-01");
const Date kNextDay = kDay.plus_days(1);

class Silent final : public Progress {
 public:
  void step(const std::string&, double) override {}
};

class FilesTest : public testing::Test {
 protected:
  FilesTest() : store_(storage::open_object_store("file:store", dir_)) {
    fs::create_directories(dir_ / "landing");
    options_.roles = {"id", "", "y"};
    options_.project_dir = dir_;
    use_glob("landing/{date}*.csv");
  }
  ~FilesTest() override { fs::remove_all(dir_); }

  FilesSource& source() { return std::get<FilesSource>(options_.source); }
  void use_glob(const std::string& glob) {
    FilesSource files;
    files.glob = glob;
    options_.source = files;
  }

  void write(const std::string& name, const std::string& text) {
    std::ofstream(dir_ / "landing" / name, std::ios::binary) << text;
  }
  void deliver(const std::string& csv, Date date = kDay) { write(date.to_string() + ".csv", csv); }

  std::unique_ptr<engine::Engine> open_engine(int threads = 2) {
    engine::EngineOptions options;
    options.thread_count = threads;
    options.readable_paths = {dir_.string()};
    return engine::open_engine(options);
  }

  IngestResult run(Date date = kDay, int threads = 2) {
    return ingest(options_, date, *open_engine(threads), *store_, silent_);
  }

  // The error's message; nothing may have been published or left.
  std::string refusal(ErrorCode code, Date date = kDay) {
    const auto before = store_->list("").size();
    try {
      run(date);
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.message();
      EXPECT_EQ(store_->list("").size(), before);
      EXPECT_TRUE(!fs::exists(dir_ / "store/.staging") || fs::is_empty(dir_ / "store/.staging"));
      return error.message();
    }
    ADD_FAILURE() << "no error";
    return "";
  }
  void expect_refusal(const std::string& part, ErrorCode code = ErrorCode::kInvalidArgument,
                      Date date = kDay) {
    const std::string text = refusal(code, date);
    EXPECT_NE(text.find(part), std::string::npos) << text;
  }

  // "a:BIGINT b:VARCHAR"
  static std::string types(const IngestResult& result) {
    std::vector<std::string> parts;
    for (const engine::Column& column : result.manifest.columns)
      parts.push_back(column.name + ":" + column.type);
    return join(parts, " ");
  }

  // Cells as text, "-" for null, a row a line.
  std::string rows(Date date = kDay) {
    const auto engine = open_engine();
    const auto session = engine->new_session();
    const auto stream = session->query("SELECT CAST(COLUMNS(*) AS VARCHAR) FROM read_parquet(" +
                                       quote_literal(store_->engine_uri(raw_prefix(date) + "/" + kRawFile)) +
                                       ", hive_partitioning = false)");
    std::string text;
    while (const engine::Batch* batch = stream->next()) {
      for (size_t i = 0; i < batch->row_count(); ++i) {
        for (size_t c = 0; c < stream->columns().size(); ++c) {
          text += std::string(c > 0 ? "|" : "") +
                  (batch->is_null(c, i) ? "-" : std::string(batch->string_at(c, i)));
        }
        text += "\n";
      }
    }
    return text;
  }

  // A Parquet file made by SQL.
  void deliver_parquet(const std::string& select, Date date = kDay) {
    open_engine()->new_session()->execute(
        "COPY (" + select + ") TO " +
        quote_literal((dir_ / "landing" / (date.to_string() + ".parquet")).string()) + " (FORMAT parquet)");
  }

  fs::path dir_ = fs::temp_directory_path() / ("tidemill-test-[x]-" + new_id());
  std::unique_ptr<storage::ObjectStore> store_;
  IngestOptions options_;
  Silent silent_;
};

TEST_F(FilesTest, InfersTypesFromCsv) {
  deliver(
      "id,n,x,b,d,t,s,zip,empty,y\n"
      "007,1,1.5,true,2026-11-01,2026-11-01T10:00:00+02:00,\"a, b\",01234,,0\n"
      "8,-2,3,FALSE,2026-01-31,2026-11-01 10:00:00.5,,99999,,1\n");
  EXPECT_EQ(types(run()),
            "id:VARCHAR n:BIGINT x:DOUBLE b:BOOLEAN d:DATE t:TIMESTAMP s:VARCHAR zip:VARCHAR empty:VARCHAR "
            "y:BIGINT");
  EXPECT_EQ(rows(),
            "007|1|1.5|true|2026-11-01|2026-11-01 08:00:00|a, b|01234|-|0\n"
            "8|-2|3.0|false|2026-01-31|2026-11-01 10:00:00.5|-|99999|-|1\n");
}

TEST_F(FilesTest, ReadsWhatSpreadsheetsWrite) {
  deliver("\xEF\xBB\xBFid;\"the y\"\r\n1;0,5\r\n2;1\r\n");
  options_.roles.target = "the y";
  source().types = {{"the y", "VARCHAR"}};
  expect_refusal("the target 'the y' is of type VARCHAR; it must be a number");
  deliver("\xEF\xBB\xBFid;\"the y\"\r\n1;0.5\r\n2;1\r\n");
  source().types = {};
  EXPECT_EQ(types(run()), "id:VARCHAR the y:DOUBLE");
  EXPECT_EQ(rows(), "1|0.5\n2|1.0\n");
}

TEST_F(FilesTest, ReadsJsonLines) {
  use_glob("landing/{date}.jsonl");
  write("2026-11-01.jsonl",
        "{\"id\": 1, \"s\": \"12\", \"x\": 1, \"t\": \"2026-11-01T10:00:00Z\", \"y\": true}\n"
        "{\"id\": 2, \"x\": 2.5, \"y\": false, \"s\": \"007\"}\n");
  options_.roles.time = "";
  EXPECT_EQ(types(run()), "id:BIGINT s:VARCHAR x:DOUBLE t:TIMESTAMP y:BOOLEAN");
  EXPECT_EQ(rows(), "1|12|1.0|2026-11-01 10:00:00|true\n2|007|2.5|-|false\n");
  write("2026-11-02.jsonl", "{\"id\": 3, \"s\": 12, \"x\": 1, \"t\": null, \"y\": true}\n");
  expect_refusal("  s   VARCHAR    s   BIGINT   <- \"12\" is no VARCHAR\n  x   DOUBLE     x   DOUBLE\n",
                 ErrorCode::kSchemaChanged, kNextDay);
  write("2026-11-01.jsonl", "{\"id\": 1, \"deep\": {\"x\": 1}, \"y\": 1}\n");
  expect_refusal("nested value in column 'deep'");
  write("2026-11-01.jsonl", "{\"id\": 1, \"y\": ");
  expect_refusal("cannot read landing/2026-11-01.jsonl");
  write("2026-11-01.jsonl", "[1, 2]\n");
  expect_refusal("cannot read landing/2026-11-01.jsonl");
}

TEST_F(FilesTest, ReadsParquetWithoutChangingValues) {
  use_glob("landing/{date}.parquet");
  deliver_parquet(
      "SELECT 1::INTEGER AS id, 2::UTINYINT AS n, 1.5::FLOAT AS x, 'a'::VARCHAR AS s, 3.25::DECIMAL(8,2) AS "
      "m, "
      "TIMESTAMPTZ '2026-11-01 10:00:00+02' AS t, 1 AS y");
  options_.roles.time = "t";
  EXPECT_EQ(types(run()), "id:BIGINT n:BIGINT x:DOUBLE s:VARCHAR m:DOUBLE t:TIMESTAMP y:BIGINT");
  EXPECT_EQ(rows(), "1|2|1.5|a|3.25|2026-11-01 08:00:00|1\n");
  // pandas turns integers with a gap into doubles: the values still fit. A column of nulls fits everything.
  deliver_parquet(
      "SELECT * FROM (VALUES (1::BIGINT, 2.0::DOUBLE, 1::BIGINT, NULL::INTEGER, 1.0::DOUBLE, TIMESTAMP "
      "'2026-11-02', 1), "
      "(2, NULL, 2, NULL, 2, '2026-11-02', 0)) v(id, n, x, s, m, t, y)",
      kNextDay);
  EXPECT_EQ(types(run(kNextDay)), types(run()));
  EXPECT_EQ(rows(kNextDay), "1|2|1.0|-|1.0|2026-11-02 00:00:00|1\n2|-|2.0|-|2.0|2026-11-02 00:00:00|0\n");
  deliver_parquet(
      "SELECT 1::BIGINT AS id, 2.5::DOUBLE AS n, 9007199254740993::BIGINT AS x, 7 AS s, 1.0::DOUBLE AS m, "
      "TIMESTAMP "
      "'2026-11-02' AS t, 1 AS y",
      kNextDay);
  const std::string text = refusal(ErrorCode::kSchemaChanged, kNextDay);
  EXPECT_NE(text.find("\"2.5\" is no BIGINT"), std::string::npos) << text;
  EXPECT_NE(text.find("\"9007199254740993\" is no DOUBLE"), std::string::npos) << text;
  EXPECT_NE(text.find("\"7\" is no VARCHAR"), std::string::npos) << text;
  deliver_parquet("SELECT 1 AS id, [1, 2] AS list, 1 AS y");
  expect_refusal("has column 'list' of type INTEGER[], which raw data cannot hold");
}

TEST_F(FilesTest, ATornParquetFileIsRefused) {
  use_glob("landing/{date}.parquet");
  deliver_parquet("SELECT i AS id, i % 2 AS y, i * 0.5 AS x FROM range(10000) t(i)");
  const fs::path path = dir_ / "landing" / "2026-11-01.parquet";
  fs::resize_file(path, fs::file_size(path) / 2);
  expect_refusal("cannot read landing/2026-11-01.parquet");
}

TEST_F(FilesTest, HoldsTheSchemaOfTheFirstDay) {
  deliver("id,age,segment,y\n1,30,a,0.5\n");
  run();
  deliver("y,segment,age,id\n1,b,31.0,1\n0,,,2\n", kNextDay);  // another order, narrower, empty: all fit
  EXPECT_EQ(types(run(kNextDay)), "id:VARCHAR age:BIGINT segment:VARCHAR y:DOUBLE");
  EXPECT_EQ(rows(kNextDay), "1|31|b|1.0\n2|-|-|0.0\n");

  deliver("id,age_years,segment,y\n1,30,a,0.5\n", kNextDay);
  EXPECT_EQ(
      refusal(ErrorCode::kSchemaChanged, kNextDay),
      "the columns of landing/2026-11-02.csv are not those of 2026-11-01:\n"
      "  2026-11-01            landing/2026-11-02.csv\n"
      "  id         VARCHAR    id         VARCHAR\n"
      "  age        BIGINT     -   <- missing\n"
      "  segment    VARCHAR    segment    VARCHAR\n"
      "  y          DOUBLE     y          DOUBLE\n"
      "  -                     age_years  BIGINT   <- new\n"
      "Nothing was published. Deliver landing/2026-11-02.csv with the columns of 2026-11-01; to go on with "
      "other columns, begin a new project");
  deliver("id,age,y\n1,30,0.5\n", kNextDay);
  expect_refusal("segment  VARCHAR    -   <- missing", ErrorCode::kSchemaChanged, kNextDay);
  deliver("id,age,segment,more,y\n1,30,a,1,0.5\n", kNextDay);
  expect_refusal("  -                   more     BIGINT   <- new", ErrorCode::kSchemaChanged, kNextDay);
  for (const char* value : {"old", "30.5", "007", "1_000"}) {
    deliver(std::string("id,age,segment,y\n1,30,a,0.5\n2,") + value + ",a,0.5\n", kNextDay);
    expect_refusal(std::string("\"") + value + "\" is no BIGINT", ErrorCode::kSchemaChanged, kNextDay);
  }
  deliver("id,age,segment,y\n1,30,1,0.5\n2,30,2,0.5\n", kNextDay);
  expect_refusal("segment  BIGINT   <- all values are numbers", ErrorCode::kSchemaChanged, kNextDay);
  source().types = {{"segment", "VARCHAR"}};
  EXPECT_EQ(rows((run(kNextDay), kNextDay)), "1|30|1|0.5\n2|30|2|0.5\n");
}

TEST_F(FilesTest, ADayBeforeTheFirstIsHeldToItToo) {
  deliver("id,age,y\n1,30,0.5\n", kNextDay);
  run(kNextDay);
  deliver("id,age,y\n1,thirty,0.5\n");
  expect_refusal("not those of 2026-11-02", ErrorCode::kSchemaChanged);
}

TEST_F(FilesTest, ACorrectedFileReplacesItsDay) {
  deliver("id,y\n1,0\n2,1\n");
  const std::string before = run().manifest.hash();
  EXPECT_TRUE(run().already_there);
  deliver("id,y\r\n1,0\r\n2,1\r\n");  // other bytes, same rows
  EXPECT_TRUE(run().already_there);
  deliver("id,y\n1,0\n2,0\n");
  const IngestResult corrected = run();
  EXPECT_FALSE(corrected.already_there);
  EXPECT_NE(corrected.manifest.hash(), before);
  EXPECT_EQ(rows(), "1|0\n2|0\n");
  EXPECT_EQ(corrected.manifest.inputs[0].first, "landing/2026-11-01.csv");
}

TEST_F(FilesTest, SeveralFilesAreOneDayInTheOrderOfTheirNames) {
  write("2026-11-01-b.csv", "id,x,y\n3,1.5,0\n");
  write("2026-11-01-a.csv", "y,id,x\n1,1,1\n0,2,2\n");
  EXPECT_EQ(types(run()), "y:BIGINT id:VARCHAR x:DOUBLE");
  EXPECT_EQ(rows(), "1|1|1.0\n0|2|2.0\n0|3|1.5\n");
  write("2026-11-01-c.csv", "id,z,y\n4,1,0\n");
  expect_refusal("the columns of landing/2026-11-01-c.csv are not those of landing/2026-11-01-a.csv",
                 ErrorCode::kSchemaChanged);
}

TEST_F(FilesTest, AColumnCanSayTheDay) {
  use_glob("landing/*.csv");
  source().date_column = "when";
  write("all.csv", "id,when,x,y\n1,2026-11-01,1,0\n2,2026-11-02T23:59:59,1.5,1\n3,2026-11-01 12:00:00,2,1\n");
  EXPECT_EQ(types(run()), "id:VARCHAR when:TIMESTAMP x:DOUBLE y:BIGINT");
  EXPECT_EQ(rows(), "1|2026-11-01 00:00:00|1.0|0\n3|2026-11-01 12:00:00|2.0|1\n");
  run(kNextDay);
  EXPECT_EQ(rows(kNextDay), "2|2026-11-02 23:59:59|1.5|1\n");
  // The file grows; the finished days stay.
  write("more.csv", "id,when,x,y\n4,2026-11-03,1,0\n");
  EXPECT_TRUE(run().already_there);
  expect_refusal("no row of landing/*.csv has 2026-11-06 in column 'when'", ErrorCode::kNotFound,
                 kDay.plus_days(5));
  write("more.csv", "id,when,x,y\n4,03/11/2026,1,0\n");
  expect_refusal("1 rows have no date in column 'when'");
  source().date_column = "wen";
  expect_refusal("no column 'wen' (source.date_column)");
}

TEST_F(FilesTest, BadDeliveriesAreRefused) {
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"", "landing/2026-11-01.csv is empty (0 bytes)"},
      {"\n", "has no header line"},
      {"id,y\n", "there are no rows"},
      {"key,y\n1,1\n", "has no column 'id' (project.key); its columns: key, y"},
      {"id,target\n1,1\n", "has no column 'y' (project.target)"},
      {"id,y\n1,\n2,\n", "none of the 2 rows has a value in 'y', the target"},
      {"id,y\n1,yes\n", "the target 'y' is of type VARCHAR"},
      {"id,y\n1,1\n,0\n", "1 rows have no value in 'id', the key"},
      {"id,y\n1,1\n2,0\n1,0\n3,1\n3,1\n", "4 rows share their key 'id' with another row of the day: 1, 3"},
      {"id,x,y\n1,nan,1\n2,1.5,1\n", "1 rows have NaN or an infinite number in 'x'"},
      {"id,x,y\n1,-inf,1\n2,1.5,1\n", "1 rows have NaN or an infinite number in 'x'"},
      {"id,x,y\n1,1e999,1\n2,1.5,1\n", "1 rows have NaN or an infinite number in 'x'"},
      {"id,s,y\n1," + std::string(10'000, 'a') + ",1\n",
       "1 rows have a text of more than 8192 characters in 's'"},
      {"id,s,y\n1,\xFF\xFE,1\n", "not utf-8"},
      {"id,s,y\n1,a,b,1\n", "Expected Number of Columns: 3 Found: 4"},
      {"id,s,y\n1,a\n", "Expected Number of Columns: 3 Found: 2"},
      {"id,s,y\n1,\"a,1\n2,b,1\n", "unterminated quote"},
      {"id,a,A,y\n1,1,1,1\n", "has two columns named 'A'"},
      {",id,y\n0,1,1\n", "has a column without a name (number 1)"},
  };
  for (const auto& [csv, part] : cases) {
    deliver(csv);
    expect_refusal(part);
  }
}

TEST_F(FilesTest, TimesMustBeTimes) {
  options_.roles.time = "t";
  deliver("id,t,y\n1,yesterday,1\n");
  expect_refusal("\"yesterday\" is no TIMESTAMP");
  deliver("id,t,y\n1,,1\n");
  expect_refusal("1 rows have no value in 't', the time");
  deliver("id,t,y\n1,2026-11-01,1\n");
  EXPECT_EQ(types(run()), "id:VARCHAR t:TIMESTAMP y:BIGINT");
}

TEST(LandingFolder, IsTheFixedPartOfTheGlob) {
  const auto folder = [](const std::string& glob) {
    FilesSource source;
    source.glob = glob;
    return landing_folder(source, "/project").string();
  };
  EXPECT_EQ(folder("landing/{date}/*.csv"), "/project/landing/");
  EXPECT_EQ(folder("landing/day_{date}.csv"), "/project/landing/");
  EXPECT_EQ(folder("{date}.csv"), "/project/");
  EXPECT_EQ(folder("../shared/in/*.csv"), "/shared/in/");
  EXPECT_EQ(folder("/data/in/all.csv"), "/data/in/");
}

TEST_F(FilesTest, SaysWhatIsWrongWithTheSource) {
  expect_refusal("no data for 2026-11-01: no file matches landing/2026-11-01*.csv", ErrorCode::kNotFound);
  use_glob("landing/*.csv");
  expect_refusal("has no {date}");
  use_glob("landing/{date}.dat");
  write("2026-11-01.dat", "id,y\n1,1\n");
  expect_refusal("says no format");
  source().format = "cvs";
  expect_refusal("source.format = 'cvs' is unknown; known: csv, json, parquet; did you mean 'csv'?");
  source().format = "csv";
  source().types = {{"y", "DOUBEL"}};
  expect_refusal("'DOUBEL' is no type for column 'y'");
  source().types = {{"z", "DOUBLE"}};
  expect_refusal("no column 'z' (source.types)");
  source().types = {{"y", "DOUBLE"}};
  EXPECT_EQ(types(run()), "id:VARCHAR y:DOUBLE");
}

TEST_F(FilesTest, GivesTheSameBytesAtAnyThreadCount) {
  std::string csv = "id,x,s,y\n";
  for (int i = 0; i < 250'000; ++i) {
    csv += std::to_string(i) + "," + std::to_string(i * 0.37) + ",text number " + std::to_string(i % 1000) +
           "," + std::to_string(i % 2) + "\n";
  }
  write("2026-11-01-a.csv", csv);
  write("2026-11-01-b.csv", "id,x,s,y\na,1.5,b,1\n");
  std::vector<std::string> digests;
  options_.force = true;
  for (const int threads : {1, 2, 4, 2}) digests.push_back(run(kDay, threads).manifest.files[0].sha256);
  for (const std::string& digest : digests) EXPECT_EQ(digest, digests[0]);
}

}  // namespace
}  // namespace tidemill::pipeline
