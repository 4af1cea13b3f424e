// How fast tasks start: prints figures, asserts nothing. Usage: bench_executor [tasks]

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <poll.h>
#include <unistd.h>

#include "workflow/executor/launcher.h"
#include "workflow/executor/process_tree.h"

namespace {

using namespace tidemill::workflow;

int64_t now_us() {
  return std::chrono::duration_cast<std::chrono::microseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

TaskReport say_when(const TaskLaunch&) {
  TaskReport report;
  report.return_value = std::to_string(now_us());
  return report;
}

// The next event of a kind; others are dropped.
TaskEvent next_end(Executor& executor, std::vector<TaskEvent>& waiting) {
  while (true) {
    while (!waiting.empty()) {
      TaskEvent event = std::move(waiting.front());
      waiting.erase(waiting.begin());
      if (event.kind == TaskEvent::Kind::kEnded) return event;
    }
    pollfd polled{executor.event_fd(), POLLIN, 0};
    poll(&polled, 1, -1);
    waiting = executor.take_events();
  }
}

void print_quantiles(const char* what, std::vector<int64_t> values_us) {
  std::sort(values_us.begin(), values_us.end());
  const size_t last = values_us.size() - 1;
  std::printf("%-44s p50 %6lld us   p95 %6lld us   max %6lld us\n", what,
              static_cast<long long>(values_us[last / 2]), static_cast<long long>(values_us[last * 95 / 100]),
              static_cast<long long>(values_us[last]));
}

void measure_latency(int count, const std::string& log_folder) {
  const auto executor = start_launcher(say_when, {});
  std::vector<int64_t> to_start, to_end;
  std::vector<TaskEvent> waiting;
  for (int i = 0; i < count; ++i) {
    usleep(5000);  // so that it finds an idle worker
    TaskLaunch launch;
    launch.task_instance_id = std::to_string(i);
    launch.log_file = log_folder + launch.task_instance_id + ".log";
    const int64_t launched = now_us();
    executor->launch(std::move(launch));
    const TaskEvent end = next_end(*executor, waiting);
    to_start.push_back(std::stoll(end.report->return_value) - launched);
    to_end.push_back(now_us() - launched);
  }
  print_quantiles("launch() to RunTask, worker idle", to_start);
  print_quantiles("launch() to the end event taken", to_end);
}

void measure_throughput(int count, const std::string& log_folder) {
  const auto executor = start_launcher(say_when, {});
  std::vector<TaskEvent> waiting;
  const int64_t begun = now_us();
  for (int launched = 0, ended = 0; ended < count; ++ended) {
    while (launched < count && executor->free_slot_count() > 0) {
      TaskLaunch launch;
      launch.task_instance_id = std::to_string(launched++);
      if (!log_folder.empty()) launch.log_file = log_folder + launch.task_instance_id + ".log";
      executor->launch(std::move(launch));
    }
    next_end(*executor, waiting);
  }
  const double seconds = static_cast<double>(now_us() - begun) / 1e6;
  std::printf("%d empty tasks at parallelism 32%s: %.2f s, %.0f a second\n", count,
              !log_folder.empty() ? ", each with its log" : "", seconds, count / seconds);
}

void print_memory() {
  const auto executor = start_launcher(say_when, {});
  usleep(100'000);
  for (const ProcessEntry& process : list_processes()) {
    const std::string folder = "/proc/" + std::to_string(process.pid);
    std::string name;
    std::getline(std::ifstream(folder + "/comm"), name);
    std::ifstream memory(folder + "/smaps_rollup");
    std::string line, rss, pss, dirty;
    while (std::getline(memory, line)) {
      if (line.starts_with("Rss:")) rss = line.substr(4);
      if (line.starts_with("Pss:")) pss = line.substr(4);
      if (line.starts_with("Private_Dirty:")) dirty = line.substr(14);
    }
    if (!name.starts_with("tidemill-")) continue;
    std::printf("%-16s RSS %s  PSS %s  private %s\n", name.c_str(), rss.c_str(), pss.c_str(), dirty.c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int count = argc > 1 ? std::atoi(argv[1]) : 1000;
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("bench_executor." + std::to_string(getpid()));
  measure_latency(count, folder.string() + "/");
  measure_throughput(count, "");
  measure_throughput(count, folder.string() + "/");
  print_memory();
  std::filesystem::remove_all(folder);
  return 0;
}
