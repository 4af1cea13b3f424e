// [[alerts]] blocks: what becomes of them, and what is said about bad ones.

#include <string>

#include <gtest/gtest.h>

#include "app/project_file/good_file.h"
#include "app/project_file/project.h"
#include "base/error.h"
#include "dags/pipelines.h"
#include "dags/tasks.h"

namespace tidemill::app {
namespace {

std::string told(const std::string& added) {
  try {
    parse_project(std::string(kGoodFile) + added, "project", {});
    return "";
  } catch (const Error& error) {
    return error.message();
  }
}

TEST(Alerts, BecomeCallbacksOfTheirDagsAndTasks) {
  const Project project = parse_project(std::string(kGoodFile) + R"([[alerts]]
name = "hook"
on = ["task_failure", "run_success", "deadline"]
kind = "webhook"
url_variable = "HOOK_URL"
retries = 5
timeout_s = 7
dags = ["03_model_training_pipeline"]
tasks = ["train_line"]
deadline_s = 60
deadline_from = "start_date"
)",
                                        "project", {});
  dags::ProjectOptions options;
  options.train = project.train;
  options.alerts = project.alerts;
  for (const workflow::Dag& dag : dags::project_dags(options)) {
    const bool is_meant = dag.id == dags::kModelTraining;
    EXPECT_EQ(dag.on_success.size(), is_meant ? 1u : 0u);
    EXPECT_EQ(dag.deadlines.size(), is_meant ? 1u : 0u);
    for (const workflow::Task& task : dag.tasks) {
      EXPECT_EQ(task.on_failure.size(), task.id == "train_line" ? 1u : 0u) << task.id;
      EXPECT_TRUE(task.on_success.empty());
    }
    if (!is_meant) continue;
    EXPECT_EQ(dag.on_success[0].url_variable, "HOOK_URL");
    EXPECT_EQ(dag.on_success[0].retries, 5);
    EXPECT_EQ(dag.on_success[0].timeout_ms, 7000);
    EXPECT_EQ(dag.deadlines[0].interval_ms, 60'000);
    EXPECT_EQ(dag.deadlines[0].reference, workflow::DeadlineAlert::Reference::kStartDate);
  }
}

TEST(Alerts, HaveOneAddressWithoutSecrets) {
  EXPECT_EQ(told("[[alerts]]\nname = \"a\"\non = [\"task_failure\"]\nkind = \"webhook\"\n"),
            "tidemill.toml:8: a webhook has either 'alerts.url' or 'alerts.url_variable'");
  EXPECT_EQ(told("[[alerts]]\nname = \"a\"\non = [\"task_failure\"]\nkind = \"webhook\"\n"
                 "url = \"https://me:secret@example.org/\"\n"),
            "tidemill.toml:12: alerts.url has a password in it: put the address into an environment variable "
            "and name that with url_variable");
}

TEST(Alerts, NameThingsThatThereAre) {
  EXPECT_EQ(
      told("[[alerts]]\nname = \"a\"\non = [\"task_failed\", \"run_success\"]\nkind = \"command\"\n"
           "command = [\"mail\"]\ndags = [\"01_data_generation_pipelin\"]\ntasks = [\"train_lin\"]\n"),
      "tidemill.toml has 3 mistakes:\n"
      "  tidemill.toml:10: alerts.on: expected a list of \"task_execute\", \"task_success\", "
      "\"task_failure\", "
      "\"task_retry\", \"task_skipped\", \"run_success\", \"run_failure\" or \"deadline\", got the string "
      "\"task_failed\" in it; did you mean \"task_failure\"?\n"
      "  tidemill.toml:13: alerts.dags: there is no DAG '01_data_generation_pipelin'; did you mean "
      "'01_data_generation_pipeline'?\n"
      "  tidemill.toml:14: alerts.tasks: there is no task 'train_lin'; did you mean 'train_line'?");
}

TEST(Alerts, OfDeadlinesSayWhen) {
  EXPECT_EQ(
      told("[[alerts]]\nname = \"a\"\non = [\"deadline\"]\nkind = \"command\"\ncommand = [\"mail\"]\n"
           "[[alerts]]\nname = \"a\"\non = [\"run_failure\"]\nkind = \"command\"\ncommand = [\"mail\"]\n"
           "deadline_s = 60\n"),
      "tidemill.toml has 3 mistakes:\n"
      "  tidemill.toml:8: 'alerts.deadline_s' is missing: \"deadline\" in 'on' needs it\n"
      "  tidemill.toml:14: alerts.name: \"a\" is already the name of another alert\n"
      "  tidemill.toml:18: 'alerts.deadline_s' has no effect without \"deadline\" in 'on'");
}

}  // namespace
}  // namespace tidemill::app
