#include "workflow/executor/task_log.h"

#include <array>
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "base/parallel.h"
#include "workflow/executor/executor_testing.h"
#include "workflow/executor/line_pump.h"

namespace tidemill::workflow {
namespace {

namespace fs = std::filesystem;

class TaskLogTest : public testing::Test {
 protected:
  std::vector<LogRecord> all_records() const { return read_log(path(), 0, size_t{64} << 20).records; }
  fs::path path() const { return folder_ / "dag_id=churn" / "attempt=1.log"; }

  FreshFolder folder_;
};

TEST_F(TaskLogTest, WritesRecordsAsAirflow) {
  {
    TaskLog log(path());
    log.group("Training");
    log.info("1204 rows, \"quoted\" \xe2\x82\xac");
    log.error("no connection");
    log.end_group();
  }
  const std::vector<LogRecord> records = all_records();
  ASSERT_EQ(records.size(), 4u);
  EXPECT_EQ(records[0].event, "::group::Training");
  EXPECT_EQ(records[1].event, "1204 rows, \"quoted\" \xe2\x82\xac");
  EXPECT_EQ(records[1].level, "info");
  EXPECT_EQ(records[2].level, "error");
  EXPECT_EQ(records[2].logger, "task");
  EXPECT_EQ(records[3].event, "::endgroup::");
  EXPECT_EQ(records[1].timestamp.size(), std::string("2026-11-23T06:00:00.123456Z").size());
  EXPECT_EQ(records[1].timestamp.back(), 'Z');
  std::ifstream file(path());
  std::string line;
  std::getline(file, line);
  EXPECT_TRUE(line.starts_with(R"({"timestamp":"2)")) << line;
  EXPECT_TRUE(line.ends_with(R"(Z","level":"info","event":"::group::Training","logger":"task"})")) << line;
}

TEST_F(TaskLogTest, CutsLongEventsBetweenCharacters) {
  std::string event((size_t{16} << 10) - 1, 'x');
  event += "\xe2\x82\xac and more";
  const std::string line = format_log_line({"t", "info", event, "task"});
  EXPECT_TRUE(line.ends_with("xx [cut]\",\"logger\":\"task\"}\n")) << line.substr(line.size() - 60);
  EXPECT_NE(format_log_line({"t", "info", "a\xff", "task"}).find("a\xef\xbf\xbd"), std::string::npos);
}

TEST_F(TaskLogTest, EndsAtItsLimitWithOneWordOfIt) {
  constexpr uint64_t kLimit = 20'000;
  TaskLog(path(), kLimit).info("first");
  parallel_for(8, 8, [&](size_t writer) {
    TaskLog log(path(), kLimit);
    for (int i = 0; i < 200; ++i) log.info("writer " + std::to_string(writer) + std::string(50, '.'));
  });
  const std::vector<LogRecord> records = all_records();
  int notices = 0;
  for (const LogRecord& record : records) {
    EXPECT_FALSE(record.timestamp.empty()) << record.event;  // none is torn
    notices += record.event.find("limit of 20000 bytes") != std::string::npos ? 1 : 0;
  }
  EXPECT_EQ(notices, 1);
  EXPECT_LT(fs::file_size(path()), kLimit + 2400);
}

TEST_F(TaskLogTest, IsReadPieceByPiece) {
  {
    TaskLog log(path());
    for (int i = 0; i < 500; ++i) log.info("line " + std::to_string(i));
  }
  int64_t offset = 0;
  size_t seen = 0;
  for (bool at_end = false; !at_end;) {
    const LogPage page = read_log(path(), offset, 1000);
    for (const LogRecord& record : page.records) EXPECT_EQ(record.event, "line " + std::to_string(seen++));
    EXPECT_TRUE(page.at_end || page.next_offset > offset);
    offset = page.next_offset;
    at_end = page.at_end;
  }
  EXPECT_EQ(seen, 500u);
  EXPECT_EQ(offset, static_cast<int64_t>(fs::file_size(path())));
  EXPECT_EQ(read_log(path(), 0, 1).records.size(), 1u);
  // A line that is being written waits for its end.
  std::ofstream(path(), std::ios::app) << "raw li";
  EXPECT_TRUE(read_log(path(), offset, 1000).records.empty());
  std::ofstream(path(), std::ios::app) << "ne\n{\"event\": 5\n[1]\n";
  const LogPage page = read_log(path(), offset, 1000);
  ASSERT_EQ(page.records.size(), 3u);
  EXPECT_EQ(page.records[0].event, "raw line");
  EXPECT_EQ(page.records[0].timestamp, "");
  EXPECT_EQ(page.records[1].event, "{\"event\": 5");
}

TEST_F(TaskLogTest, ReadsEndlessLinesInPieces) {
  fs::create_directories(path().parent_path());
  std::ofstream(path()) << std::string(3'000'000, 'x') << "\nnext\n";
  int64_t offset = 0;
  std::vector<LogRecord> records;
  for (bool at_end = false; !at_end;) {
    LogPage page = read_log(path(), offset, 100);
    for (LogRecord& record : page.records) records.push_back(std::move(record));
    offset = page.next_offset;
    at_end = page.at_end;
  }
  EXPECT_EQ(records.back().event, "next");
  EXPECT_LE(records.size(), 6u);
}

TEST_F(TaskLogTest, SaysWhatIsMissing) {
  try {
    read_log(path(), 0, 10);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
  }
}

TEST_F(TaskLogTest, PumpsLines) {
  std::array<int, 2> fds{};
  ASSERT_EQ(pipe2(fds.data(), O_NONBLOCK | O_CLOEXEC), 0);
  LinePump pump{FileDescriptor{fds[0]}, "task.stdout", "info"};
  FileDescriptor writer(fds[1]);
  pump.set_log(path().string(), 1 << 20);
  const std::string text = "one\r\n\ntw";
  ASSERT_EQ(write(writer.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
  EXPECT_TRUE(pump.pump());
  EXPECT_EQ(all_records().size(), 2u);
  const std::string rest = "o\n" + std::string(40'000, 'x') + "\nend";
  ASSERT_EQ(write(writer.get(), rest.data(), rest.size()), static_cast<ssize_t>(rest.size()));
  writer.reset();
  EXPECT_FALSE(pump.pump());
  pump.finish();
  const std::vector<LogRecord> records = all_records();
  ASSERT_EQ(records.size(), 7u);
  EXPECT_EQ(records[0].event, "one");
  EXPECT_EQ(records[1].event, "");
  EXPECT_EQ(records[2].event, "two");
  EXPECT_EQ(records[3].event.size() + records[4].event.size() + records[5].event.size(), 40'000u);
  EXPECT_EQ(records[6].event, "end");
}

TEST_F(TaskLogTest, WhatIsNestedDeeplyIsALineOfText) {
  constexpr size_t kLevels = 400'000;
  const std::string deep = R"({"event": )" + std::string(kLevels, '[') + std::string(kLevels, ']') + "}";
  fs::create_directories(path().parent_path());
  std::ofstream(path()) << deep << "\n"
                        << R"({"event": {"rows": [1]}, "level": "info"})"
                        << "\n";
  const std::vector<LogRecord> records = all_records();
  ASSERT_EQ(records.size(), 2u);
  EXPECT_EQ(records[0].event, deep);
  EXPECT_EQ(records[1].event, R"({"rows":[1]})");
}

TEST_F(TaskLogTest, LinesAreFoundFromAnywhere) {
  EXPECT_THROW(next_line_start(path(), 0), Error);
  fs::create_directories(path().parent_path());
  std::ofstream(path()) << "one\ntwo\n" << std::string(100'000, 'x') << "\nend";
  EXPECT_EQ(next_line_start(path(), -5), 0);
  EXPECT_EQ(next_line_start(path(), 0), 0);
  EXPECT_EQ(next_line_start(path(), 1), 4);
  EXPECT_EQ(next_line_start(path(), 4), 4);
  EXPECT_EQ(next_line_start(path(), 9), 100'009);  // behind the long line
  EXPECT_EQ(next_line_start(path(), 100'010), 100'012);
  EXPECT_EQ(next_line_start(path(), 500'000), 100'012);
  EXPECT_EQ(read_log(path(), 4, 1 << 20).offsets, (std::vector<int64_t>{4, 8}));
}

TEST(LineText, IsForPeople) {
  EXPECT_EQ(line_text({"2026-11-23T06:00:00.123456Z", "warning", "x", "task"}),
            "[2026-11-23T06:00:00.123456Z] WARNING - x");
  EXPECT_EQ(line_text({"", "", "no record", ""}), "no record");
}

}  // namespace
}  // namespace tidemill::workflow
