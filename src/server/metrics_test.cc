#include "server/metrics.h"

#include <gtest/gtest.h>

namespace tidemill::server {
namespace {

TEST(MetricsTextTest, IsPrometheusText) {
  MetricsText out;
  out.family("requests_total", "counter", "Requests.");
  out.sample({{"path", "a\"b\\c\nd"}, {"status", "2xx"}}, 3);
  out.sample({}, 0.25);
  EXPECT_EQ(out.text(),
            "# HELP requests_total Requests.\n# TYPE requests_total counter\n"
            "requests_total{path=\"a\\\"b\\\\c\\nd\",status=\"2xx\"} 3\nrequests_total 0.25\n");
}

}  // namespace
}  // namespace tidemill::server
