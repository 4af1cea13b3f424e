#pragma once
// Clients that wait for a run to end: each gets a line whenever its interval is over, and one with the
// results at the end (airflow.api_fastapi.core_api.services.public.dag_run.DagRunWaiter). One thread for all
// of them, which sleeps and holds no connection while there are none.

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "dags/services.h"
#include "net/server/stream_writer.h"
#include "workflow/store.h"

namespace tidemill::server::airflow {

// Safe for many threads.
class RunWaiters {
 public:
  using OpenProject = std::function<std::unique_ptr<dags::Services>()>;

  explicit RunWaiters(OpenProject open_project) : open_project_(std::move(open_project)) {}
  // Ends all streams.
  ~RunWaiters();
  RunWaiters(const RunWaiters&) = delete;
  RunWaiters& operator=(const RunWaiters&) = delete;

  struct Wait {
    std::string dag_id, run_id;
    int64_t interval_ms = 1000;
    std::vector<std::string> result_task_ids{};  // whose return values are told at the end
    net::StreamWriter writer;
  };
  // Errors: kUnavailable when too many wait already.
  void add(Wait wait);

 private:
  struct Waiting {
    Wait wait;
    int64_t next_ms = 0;  // of a steady clock
  };

  void run();
  std::vector<Waiting> take_due(int64_t now_ms);

  OpenProject open_project_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Waiting> waiting_;
  bool is_ending_ = false;
  std::thread thread_;  // from the first on
};

// {"state": "running"}, and for a run that is over the results that were asked for.
std::string wait_line(workflow::Store& store, const workflow::DagRun& run,
                      const std::vector<std::string>& result_task_ids);

}  // namespace tidemill::server::airflow
