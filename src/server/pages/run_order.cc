#include "server/pages/run_order.h"

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::server::pages {
namespace {

constexpr std::string_view kMetrics = "metrics.";

const char* class_of(tracking::RunStatus status) {
  switch (status) {
    case tracking::RunStatus::kFinished:
      return "chip success";
    case tracking::RunStatus::kRunning:
      return "chip running";
    case tracking::RunStatus::kScheduled:
      return "chip scheduled";
    case tracking::RunStatus::kFailed:
    case tracking::RunStatus::kKilled:
      break;
  }
  return "chip failed";
}

}  // namespace

tracking::OrderBy RunOrder::order_by() const {
  if (key.starts_with(kMetrics)) return {tracking::Field::kMetric, key.substr(kMetrics.size()), ascending};
  return {tracking::Field::kAttribute, key, ascending};
}

RunOrder run_order(const net::Request& request) {
  RunOrder order;
  if (const auto key = request.query_value("order"); key && !key->empty()) {
    order.key = *key;
    order.ascending = request.query_value("direction").value_or("asc") != "desc";
  }
  const bool is_known = order.key == "run_name" || order.key == "status" || order.key == "start_time" ||
                        (order.key.starts_with(kMetrics) && order.key.size() > kMetrics.size());
  if (!is_known) {
    throw Error(ErrorCode::kInvalidArgument,
                "runs are ordered by run_name, status, start_time or metrics.<name>");
  }
  return order;
}

Html run_status_chip(tracking::RunStatus status) {
  return element("span", {{"class", class_of(status)}}, {std::string(tracking::to_string(status))});
}

}  // namespace tidemill::server::pages
