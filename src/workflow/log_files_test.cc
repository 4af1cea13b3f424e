#include "workflow/log_files.h"

#include <fstream>

#include <gtest/gtest.h>

#include "base/id.h"

namespace tidemill::workflow {
namespace {

namespace fs = std::filesystem;

TaskInstance instance_of(const std::string& run_id) {
  TaskInstance instance;
  instance.dag_id = "daily";
  instance.run_id = run_id;
  instance.task_id = "first";
  instance.try_number = 2;
  return instance;
}

DagRun run_of(const std::string& run_id) {
  DagRun run;
  run.dag_id = "daily";
  run.run_id = run_id;
  return run;
}

TEST(LogFiles, AreNamedAsAirflows) {
  EXPECT_EQ(log_file("/logs", instance_of("manual__2026-11-01T00:00:00+00:00")),
            "/logs/dag_id=daily/run_id=manual__2026-11-01T00:00:00+00:00/task_id=first/attempt=2.log");
  EXPECT_EQ(log_file("/logs", instance_of("../a b~")),
            "/logs/dag_id=daily/run_id=..%2Fa%20b%7E/task_id=first/attempt=2.log");
  EXPECT_EQ(run_log_folder("/logs", run_of("../a b~")), "/logs/dag_id=daily/run_id=..%2Fa%20b%7E");
}

TEST(LogFiles, ALongRunIdMakesAFolderThatAFileSystemTakes) {
  std::string umlauts;
  for (int i = 0; i < 125; ++i) umlauts += "\u00fc";
  for (const std::string& id : {std::string(250, 'a'), std::string(249, 'a') + "b", umlauts}) {
    const std::string name = run_log_folder("/logs", run_of(id)).filename();
    EXPECT_EQ(name.size(), 255U) << id;
    EXPECT_TRUE(name.starts_with("run_id=" + std::string(id.starts_with('a') ? "aaaa" : "%C3%BC"))) << name;
  }
  EXPECT_NE(run_log_folder("/logs", run_of(std::string(250, 'a'))),
            run_log_folder("/logs", run_of(std::string(249, 'a') + "b")));
  EXPECT_EQ(run_log_folder("/logs", run_of(std::string(248, 'a'))).filename(),
            "run_id=" + std::string(248, 'a'));
}

TEST(LogFiles, GoWithTheirRun) {
  const fs::path logs = fs::temp_directory_path() / ("tidemill_logs_" + new_id());
  for (const char* run : {"a", "ab"}) {
    const fs::path file = log_file(logs, instance_of(run));
    fs::create_directories(file.parent_path());
    std::ofstream(file) << "{}\n";
  }
  remove_run_logs(logs, run_of("a"));
  remove_run_logs(logs, run_of("none"));
  EXPECT_FALSE(fs::exists(run_log_folder(logs, run_of("a"))));
  EXPECT_TRUE(fs::exists(log_file(logs, instance_of("ab"))));
  fs::remove_all(logs);
}

}  // namespace
}  // namespace tidemill::workflow
