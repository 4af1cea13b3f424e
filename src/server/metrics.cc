#include "server/metrics.h"

#include <cmath>
#include <ctime>
#include <fstream>

#include <fmt/format.h>
#include <unistd.h>

#include "base/text.h"

namespace tidemill::server {
namespace {

std::string label_text(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    text += c == '\n' ? std::string("\\n") : std::string(1, c);
  }
  return text;
}

double seconds(int64_t ms) {
  return static_cast<double>(ms) / 1000;
}

double resident_bytes() {
  std::ifstream file("/proc/self/statm");
  double all_pages = 0, resident_pages = 0;
  file >> all_pages >> resident_pages;
  return resident_pages * static_cast<double>(sysconf(_SC_PAGESIZE));
}

void write_process(MetricsText& out, const ServerContext& server) {
  out.family("tidemill_build_info", "gauge", "The program that runs.");
  out.sample({{"version", server.version}}, 1);
  out.family("process_start_time_seconds", "gauge", "When the server was started.");
  out.sample({}, seconds(server.started_at_ms));
  out.family("process_cpu_seconds_total", "counter", "Processor time of scheduler and server.");
  out.sample({}, static_cast<double>(std::clock()) / CLOCKS_PER_SEC);
  out.family("process_resident_memory_bytes", "gauge", "Resident memory of scheduler and server.");
  out.sample({}, resident_bytes());
}

void write_http(MetricsText& out, const net::ServerCounters& http) {
  out.family("tidemill_http_requests_total", "counter", "Requests answered, by class of status.");
  for (size_t status = 1; status < http.requests_by_class.size(); ++status) {
    out.sample({{"status", fmt::format("{}xx", status)}},
               static_cast<double>(http.requests_by_class[status]));
  }
  out.family("tidemill_http_open_connections", "gauge", "Connections that are open.");
  out.sample({}, static_cast<double>(http.open_connections));
  out.family("tidemill_http_open_streams", "gauge", "Pages that follow what happens.");
  out.sample({}, static_cast<double>(http.open_streams));
}

// The last run of a DAG that ended so.
std::optional<workflow::DagRun> last_run(workflow::Store& store, const std::string& dag_id,
                                         workflow::RunState state) {
  workflow::RunFilter filter;
  filter.dag_id = dag_id;
  filter.states = {state};
  filter.order_by = "-end_date";
  const auto runs = store.list_runs(filter, {.limit = 1});
  if (runs.empty()) return std::nullopt;
  return runs.front();
}

void write_dags(MetricsText& out, workflow::Store& store, const ServerContext& server) {
  out.family("tidemill_scheduler_heartbeat_timestamp_seconds", "gauge", "Last sign of life of a scheduler.");
  for (const workflow::Job& job : store.running_jobs()) {
    out.sample({{"hostname", job.hostname}, {"pid", std::to_string(job.pid)}},
               seconds(job.latest_heartbeat_ms));
  }
  out.family("tidemill_dag_paused", "gauge", "1 for a DAG that is paused.");
  for (const workflow::DagState& dag : store.list_dags()) {
    out.sample({{"dag_id", dag.dag_id}}, dag.is_paused ? 1 : 0);
  }
  out.family("tidemill_dag_runs", "gauge", "Runs that are known, by state.");
  for (const auto& [dag_id, counts] : store.run_counts()) {
    for (const auto& [state, count] : counts) {
      out.sample({{"dag_id", dag_id}, {"state", std::string(workflow::name_of(state))}},
                 static_cast<double>(count));
    }
  }
  out.family("tidemill_dag_last_end_timestamp_seconds", "gauge", "When the last run ended, by how it ended.");
  for (const workflow::Dag& dag : server.dags) {
    for (const auto state : {workflow::RunState::kSuccess, workflow::RunState::kFailed}) {
      const auto run = last_run(store, dag.id, state);
      if (!run || !run->end_ms) continue;
      out.sample({{"dag_id", dag.id}, {"state", std::string(workflow::name_of(state))}},
                 seconds(*run->end_ms));
    }
  }
}

void write_pools(MetricsText& out, workflow::Store& store) {
  const std::vector<workflow::Pool> pools = store.list_pools();
  const auto slots = [&](std::string_view name, std::string_view help, int workflow::Pool::*member) {
    out.family(name, "gauge", help);
    for (const workflow::Pool& pool : pools) out.sample({{"pool", pool.name}}, pool.*member);
  };
  slots("tidemill_pool_slots", "Slots of a pool; -1: without limit.", &workflow::Pool::slots);
  slots("tidemill_pool_running_slots", "Slots of tasks that run.", &workflow::Pool::running_slots);
  slots("tidemill_pool_queued_slots", "Slots of tasks that are about to run.", &workflow::Pool::queued_slots);
  slots("tidemill_pool_scheduled_slots", "Slots that tasks wait for.", &workflow::Pool::scheduled_slots);
}

}  // namespace

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  text_ += fmt::format("# HELP {0} {2}\n# TYPE {0} {1}\n", name, type, help);
}

void MetricsText::sample(const Labels& labels, double value) {
  std::string list;
  for (const auto& [name, text] : labels) {
    list += fmt::format("{}{}=\"{}\"", list.empty() ? "" : ",", name, label_text(text));
  }
  const bool is_whole = std::floor(value) == value && std::abs(value) < 1e15;
  text_ += fmt::format("{}{} {}\n", name_, list.empty() ? "" : "{" + list + "}",
                       is_whole ? fmt::format("{:.0f}", value) : format_double(value));
}

void write_metrics(MetricsText& out, workflow::Store& store, const ServerContext& server,
                   const net::ServerCounters& http) {
  const metadata::ReadTransaction moment(store.database());
  write_process(out, server);
  write_dags(out, store, server);
  write_pools(out, store);
  write_http(out, http);
}

}  // namespace tidemill::server
