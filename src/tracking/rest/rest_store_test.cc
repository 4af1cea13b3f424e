// What a real server cannot be asked for: answers that get lost. The rest is in conformance_*_test.cc.

#include "tracking/rest/rest_store.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "net/scripted_server.h"
#include "tracking/rest/filters.h"

namespace tidemill::tracking::rest {
namespace {

using net::answer;
using net::ScriptedServer;

const std::string kLost;  // the connection closes without an answer

std::unique_ptr<RestStore> store_at(const ScriptedServer& server) {
  return std::make_unique<RestStore>(server.url(),
                                     net::MlflowServerOptions{.retry_count = 2, .pause = [](int64_t) {}});
}

std::string ok(const std::string& json) {
  return answer("200 OK", json);
}

std::string run_json(const std::string& id, const std::string& tags) {
  return R"({"info": {"run_id": ")" + id +
         R"(", "experiment_id": "1", "run_name": "r", "user_id": "ann", "status": "RUNNING", "start_time": 7,
            "lifecycle_stage": "active", "artifact_uri": "mlflow-artifacts:/1/x"}, "data": {"tags": [)" +
         tags + "]}}";
}

const NewRun kRun = {"1", "r", "ann", 7, {{"tidemill.attempt_id", "a"}}, ""};

TEST(RestStore, FindsTheRunWhoseAnswerWasLost) {
  ScriptedServer server(
      {kLost, ok(R"({"runs": [)" + run_json("other", "") + "," +
                 run_json("ours", R"({"key": "tidemill.attempt_id", "value": "a"})") + "]}")});
  EXPECT_EQ(store_at(server)->create_run(kRun).run_id, "ours");
  ASSERT_EQ(server.requests().size(), 2u);
  EXPECT_TRUE(server.requests()[1].starts_with("POST /api/2.0/mlflow/runs/search "));
}

TEST(RestStore, MakesTheRunAgainThatWasNotMade) {
  ScriptedServer server({kLost, ok("{}"), ok(R"({"run": )" + run_json("second", "") + "}")});
  EXPECT_EQ(store_at(server)->create_run(kRun).run_id, "second");
}

TEST(RestStore, RegistersNoVersionTwice) {
  const std::string version =
      R"({"name": "m", "version": "3", "source": "s3://b/x", "tags": [{"key": "k", "value": "v"}]})";
  ScriptedServer server(
      {kLost, ok(R"({"model_versions": [)" + version + "]}"), ok(R"({"artifact_uri": "s3://b/x"})")});
  EXPECT_EQ(store_at(server)->create_model_version({"m", "s3://b/x", "", {}, {}, {{"k", "v"}}}).version, 3);
  EXPECT_EQ(server.requests().size(), 3u);
  ScriptedServer untagged({kLost, ok("{}")});
  EXPECT_THROW(store_at(untagged)->create_model_version({"m", "s3://b/x", ""}), Error);
}

TEST(RestStore, SendsReadsAgain) {
  ScriptedServer server({kLost, answer("503 Busy", "<html>"), ok(R"({"run": )" + run_json("r", "") + "}")});
  EXPECT_EQ(store_at(server)->get_run("r").info.run_id, "r");
}

TEST(RestStore, TakesNoPageForAnAnswer) {
  ScriptedServer server({ok("<html>welcome</html>")});
  EXPECT_THROW(store_at(server)->get_experiment_by_name("e"), Error);
}

TEST(Filters, AreWrittenInMlflowsGrammar) {
  EXPECT_EQ(
      run_filter({tag_equals("a b", "it's"),
                  {Field::kMetric, "rmse", Comparator::kLess, 1e300},
                  {Field::kAttribute, "start_time", Comparator::kGreater, 1793491200000.0},
                  {Field::kParam, "p", Comparator::kIsNull, {}},
                  {Field::kAttribute, "run_id", Comparator::kNotIn, std::vector<std::string>{}},
                  {Field::kAttribute, "run_id", Comparator::kIn, std::vector<std::string>{"a", "b'\\"}}}),
      "tags.`a b` = \"it's\" AND metrics.`rmse` < 1e300 AND attributes.start_time > 1793491200000 AND "
      "params.`p` IS NULL AND attributes.run_id IN ('a', 'b\\'\\\\')");
  EXPECT_EQ(registry_filter({attribute_equals("name", "m")}), "name = 'm'");
  EXPECT_EQ(run_order({{Field::kMetric, "fold 1: rmse", false}}),
            std::vector<std::string>{"metrics.`fold 1: rmse` DESC"});
  EXPECT_THROW(run_filter({tag_equals("k", "'\"")}), Error);
  EXPECT_THROW(run_filter({tag_equals("k", "x\\")}), Error);
  EXPECT_THROW(run_filter({tag_equals("k`", "x")}), Error);
}

}  // namespace
}  // namespace tidemill::tracking::rest
