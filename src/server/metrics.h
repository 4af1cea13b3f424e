#pragma once
// GET /metrics in Prometheus' text format 0.0.4 (prometheus.io/docs/instrumenting/exposition_formats).

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/server/http_server.h"
#include "server/call.h"

namespace tidemill::server {

// The document, family by family.
class MetricsText {
 public:
  using Labels = std::vector<std::pair<std::string_view, std::string>>;

  // Of one family all samples follow one after the other. `type`: "gauge" or "counter".
  void family(std::string_view name, std::string_view type, std::string_view help);
  // Of the family begun last. Whole numbers are written as such.
  void sample(const Labels& labels, double value);

  const std::string& text() const { return text_; }

 private:
  std::string name_, text_;
};

// Whether a scheduler is alive, runs by DAG and state, pools, the server's requests, this process. Cost: a
// few counting queries. The database's trouble is the request's: 5xx, as a scrape that failed.
void write_metrics(MetricsText& out, workflow::Store& store, const ServerContext& server,
                   const net::ServerCounters& http);

}  // namespace tidemill::server
