#pragma once
// What the server and everything it answers with are made of.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "dags/services.h"
#include "net/server/http_server.h"
#include "workflow/dag.h"

namespace tidemill::server {

// All that is not one request's. What it refers to outlives the server; its functions are called from many
// threads.
struct ServerContext {
  std::string version;  // "0.1.0"
  std::string project_name;
  std::filesystem::path log_dir;  // of the tasks
  const std::vector<workflow::Dag>& dags;
  const Clock& clock;
  int64_t started_at_ms = 0;
  // The project once more, with connections of its own.
  std::function<std::unique_ptr<dags::Services>()> open_project;
  // Something changed that a scheduler may have to act on.
  std::function<void()> wake_scheduler;
  std::function<net::ServerCounters()> http_counters{};  // the server fills it in
  // What a person at the machine should know of: mistakes of ours, one line each.
  std::function<void(const std::string& line)> report;
  bool is_behind_https = false;  // the server fills it in: a proxy speaks TLS to the browsers
};

}  // namespace tidemill::server
