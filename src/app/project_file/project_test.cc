#include "app/project_file/project.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

#include <gtest/gtest.h>

#include "app/project_file/good_file.h"
#include "base/error.h"
#include "base/json.h"

namespace tidemill::app {
namespace {

namespace fs = std::filesystem;
using pipeline::FilesSource;
using pipeline::SyntheticSource;

std::string read(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST(Project, HasTheDefaultsOfTheStages) {
  const Project project = parse_project(kGoodFile, "somewhere", {});
  EXPECT_TRUE(project.dir.is_absolute());
  EXPECT_EQ(project.task, "regression");
  EXPECT_EQ(project.seed, 42u);
  EXPECT_EQ(project.storage_uri, "file:data/features");
  EXPECT_EQ(project.metadata_uri, "sqlite:tidemill.db");
  EXPECT_EQ(project.tracking.uri, "sqlite:mlflow.db");
  EXPECT_EQ(project.tracking.artifacts, "data/mlflow");
  EXPECT_EQ(project.tracking.experiment, "customer_churn_prediction");
  EXPECT_EQ(project.tracking.registered_model, "customer_churn_model");
  EXPECT_GE(project.thread_count, 1);

  const SyntheticSource source = std::get<SyntheticSource>(project.ingest.source);
  const SyntheticSource plain;
  EXPECT_EQ(source.rows, plain.rows);
  EXPECT_EQ(source.missing, plain.missing);
  EXPECT_EQ(source.outliers, plain.outliers);
  EXPECT_EQ(source.noise, plain.noise);
  EXPECT_EQ(source.drift, plain.drift);
  EXPECT_EQ(project.validate.score_threshold, pipeline::ValidateOptions{}.score_threshold);
  EXPECT_EQ(project.validate.stop_below_threshold, pipeline::ValidateOptions{}.stop_below_threshold);

  const pipeline::PrepareOptions prepare;
  EXPECT_EQ(project.prepare.window_days, prepare.window_days);
  EXPECT_EQ(project.prepare.test_fraction, prepare.test_fraction);
  EXPECT_EQ(project.prepare.stratify_bins, prepare.stratify_bins);
  EXPECT_EQ(project.prepare.impute, prepare.impute);
  EXPECT_EQ(project.prepare.cap_outliers, prepare.cap_outliers);
  EXPECT_EQ(project.prepare.scale, prepare.scale);
  EXPECT_EQ(project.prepare.rare_category_share, prepare.rare_category_share);
  EXPECT_EQ(project.prepare.memory_budget_bytes, prepare.memory_budget_bytes);

  EXPECT_EQ(project.train.metric, "test_rmse");
  EXPECT_TRUE(project.train.better_than_production);
  ASSERT_EQ(project.train.promotion.size(), 1u);
  EXPECT_EQ(project.train.promotion[0].metric, "test_rmse");
  EXPECT_EQ(project.train.promotion[0].threshold, 0.1);
  EXPECT_FALSE(project.train.promotion[0].greater_is_better);
}

TEST(Project, GivesEveryStageWhatTheyShare) {
  const Project project =
      parse_project(std::string(kGoodFile) + "[engine]\nthreads = 3\nmemory_limit = \"128 MB\"\n",
                    "/somewhere/./else", {{"TIDEMILL__PROJECT__SEED", "7"}});
  EXPECT_EQ(project.dir, "/somewhere/else");
  EXPECT_EQ(project.ingest.project_dir, "/somewhere/else");
  for (const pipeline::TableRoles& roles :
       {project.ingest.roles, project.validate.roles, project.prepare.roles}) {
    EXPECT_EQ(roles.key, "customer_id");
    EXPECT_EQ(roles.time, "event_timestamp");
    EXPECT_EQ(roles.target, "churn_probability");
  }
  EXPECT_EQ(project.ingest.seed, 7u);
  EXPECT_EQ(project.train.seed, 7u);
  for (const int count : {project.ingest.thread_count, project.validate.thread_count,
                          project.prepare.thread_count, project.train.thread_count, project.thread_count}) {
    EXPECT_EQ(count, 3);
  }
  EXPECT_EQ(project.memory_limit_bytes, 128'000'000u);
  EXPECT_EQ(project.prepare.memory_budget_bytes, 64'000'000u);
}

constexpr char kEveryKind[] = R"(
[source]
rows = 1000
missing = 0
drift_from = 2026-11-05
drift = 2
[validate]
below_threshold = "stop"
[prepare]
window = 30
drop = ["age"]
uncapped = ["twice"]
outliers = "keep"
scale = "none"
impute = "zero"
[features]
twice = "age * 2"
ratio = { value = "twice", group = "customer_segment" }
[[quality]]
rule = "in_set"
column = "support_tickets"
values = [0, 1.5, "a", true]
severity = "error"
mostly = 0.9
[[models]]
name = "own"
kind = "command"
command = ["python3", "-O", "-O"]
parameters = { depth = 3, rate = 0.5, name = "x", none = "None", on = true }
[promote]
rules = [{ metric = "test_r2", threshold = 0.5 }, { min_relative_change = 0.02 }]
)";

TEST(Project, ReadsEveryKindOfValue) {
  const Project project = parse_project(std::string(kGoodFile) + kEveryKind, "somewhere", {});
  const auto& source = std::get<SyntheticSource>(project.ingest.source);
  EXPECT_EQ(source.rows, 1000u);
  EXPECT_EQ(source.missing, 0);
  EXPECT_EQ(source.drift_from, Date::parse("2026-11-05"));
  EXPECT_TRUE(project.validate.stop_below_threshold);
  EXPECT_EQ(project.prepare.window_days, 30);
  EXPECT_EQ(project.prepare.drop_columns, std::vector<std::string>{"age"});
  EXPECT_EQ(project.prepare.uncapped_columns, std::vector<std::string>{"twice"});
  EXPECT_FALSE(project.prepare.cap_outliers);
  EXPECT_EQ(project.prepare.scale, pipeline::Scaling::kNone);
  EXPECT_EQ(project.prepare.impute, pipeline::NumericImpute::kZero);

  ASSERT_EQ(project.prepare.features.size(), 2u);
  EXPECT_EQ(project.prepare.features[0].expression, "age * 2");
  EXPECT_EQ(project.prepare.features[1].value, "twice");
  EXPECT_EQ(project.prepare.features[1].group, "customer_segment");
  EXPECT_EQ(project.prepare.features[1].place, "tidemill.toml:25");

  ASSERT_EQ(project.validate.rules.size(), 1u);
  EXPECT_EQ(project.validate.rules[0].values, (std::vector<std::string>{"0", "1.5", "a", "true"}));
  EXPECT_EQ(project.validate.rules[0].severity, pipeline::Severity::kError);
  EXPECT_EQ(project.validate.rules[0].mostly, 0.9);
  EXPECT_EQ(project.validate.rules[0].place, "tidemill.toml:26");

  ASSERT_EQ(project.train.models.size(), 2u);
  const pipeline::ModelSpec& own = project.train.models[1];
  EXPECT_EQ(own.command, (std::vector<std::string>{"python3", "-O", "-O"}));
  EXPECT_EQ(own.parameters, (models::Parameters{{"depth", int64_t{3}},
                                                {"rate", 0.5},
                                                {"name", std::string("x")},
                                                {"none", std::monostate()},
                                                {"on", true}}));
  ASSERT_EQ(project.train.promotion.size(), 2u);
  EXPECT_TRUE(project.train.promotion[0].greater_is_better);
  EXPECT_EQ(project.train.promotion[1].min_relative_change, 0.02);
  EXPECT_EQ(project.train.promotion[1].metric, "test_rmse");
}

TEST(Project, TakesVariablesOverTheFile) {
  const std::string text = std::string(kGoodFile) + "[source]\nmissing = 0.1\n[features]\na = \"age\"\n";
  const Project project = parse_project(text, "somewhere",
                                        {{"TIDEMILL__SOURCE__MISSING", "0.4"},
                                         {"TIDEMILL__STORAGE__URI", "file:elsewhere"},
                                         {"TIDEMILL__PREPARE__WINDOW", "all"},
                                         {"TIDEMILL__PREPARE__DROP", "[\"age\"]"},
                                         {"TIDEMILL__FEATURES__NEW_FEATURE", "total_spend * login_frequency"},
                                         {"TIDEMILL_DEPS_DIR", "not ours"},
                                         {"PATH", "/bin"}});
  EXPECT_EQ(std::get<SyntheticSource>(project.ingest.source).missing, 0.4);
  EXPECT_EQ(project.storage_uri, "file:elsewhere");
  EXPECT_EQ(project.prepare.drop_columns, std::vector<std::string>{"age"});
  ASSERT_EQ(project.prepare.features.size(), 2u);
  EXPECT_EQ(project.prepare.features[1].name, "new_feature");
}

TEST(Project, ShowsWhereValuesComeFrom) {
  const Project project = parse_project(
      std::string(kGoodFile) + "[source]\nmissing = 0.1\n", "somewhere",
      {{"TIDEMILL__SOURCE__OUTLIERS", "0"}, {"TIDEMILL__TRACKING__EXPERIMENT", "http://a:b@c/d"}});
  const std::string shown = show_project(project);
  EXPECT_NE(shown.find("\nmissing = 0.1  # tidemill.toml:9\n"), std::string::npos) << shown;
  EXPECT_NE(shown.find("\noutliers = 0  # environment variable TIDEMILL__SOURCE__OUTLIERS\n"),
            std::string::npos);
  EXPECT_NE(shown.find("\nnoise = 0.08  # default\n"), std::string::npos);
  EXPECT_NE(shown.find("\n# rows is not set\n"), std::string::npos);
  EXPECT_NE(shown.find("\nexperiment = \"http://a:***@c/d\"  #"), std::string::npos);
  EXPECT_EQ(shown.find("glob"), std::string::npos);

  const Json json = project_to_json(project);
  for (const Json& section : json.at("sections")) {
    if (section.at("name") != "source") continue;
    EXPECT_EQ(section.at("settings").at(1).dump(), R"({"key":"rows","value":null,"origin":null})");
    EXPECT_EQ(section.at("settings").at(2).dump(),
              R"({"key":"missing","value":0.1,"origin":"tidemill.toml:9"})");
  }
}

class Examples : public testing::TestWithParam<const char*> {};

TEST_P(Examples, AreGoodAndShownAsTheyAre) {
  const fs::path dir = fs::path("examples") / GetParam();
  EXPECT_EQ(check_project(dir, {}), std::vector<std::string>{});
  const Project project = load_project(dir, {});
  EXPECT_EQ(project.train.models.size(), 3u);
  // What is shown is a project file that means the same.
  const Project again = parse_project(show_project(project), dir, {});
  EXPECT_EQ(again.prepare.features.size(), project.prepare.features.size());
  EXPECT_EQ(again.validate.rules.size(), project.validate.rules.size());
  for (size_t i = 0; i < project.train.models.size(); ++i) {
    EXPECT_EQ(again.train.models[i].parameters, project.train.models[i].parameters);
    ASSERT_EQ(again.train.models[i].tune.has_value(), project.train.models[i].tune.has_value());
    if (again.train.models[i].tune) {
      EXPECT_EQ(again.train.models[i].tune->grid, project.train.models[i].tune->grid);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(, Examples, testing::Values("churn", "telco"),
                         [](const auto& example) { return std::string(example.param); });

TEST(ChurnExample, TunesTheGridOfTheGuide) {
  const Project project = load_project("examples/churn", {});
  const pipeline::ModelSpec& forest = project.train.models.at(1);
  EXPECT_EQ(forest.name, "random_forest");
  ASSERT_TRUE(forest.tune);
  EXPECT_EQ(forest.tune->folds, 3);
  ASSERT_EQ(forest.tune->grid.size(), 2u);
  EXPECT_EQ(forest.tune->grid[0].first, "n_estimators");
  EXPECT_EQ(forest.tune->grid[1].second,
            (std::vector<models::ParameterValue>{int64_t{5}, int64_t{10}, std::monostate()}));
  EXPECT_EQ(project.prepare.features.size(), 9u);
}

// What stands there as a comment to be switched on works when it is.
TEST(ChurnExample, HasGoodComments) {
  std::string text = read("examples/churn/tidemill.toml");
  const auto replace = [&](const std::string& from, const std::string& to) {
    ASSERT_NE(text.find(from), std::string::npos) << from;
    text.replace(text.find(from), from.size(), to);
  };
  for (const char* line :
       {"rows = 1000", "drift_from = ", "new_feature = ", "[[models]]\n", "name = \"xgboost\"",
        "kind = \"command\"", "command = ", "parameters = { n_estimators = 200"}) {
    replace("# " + std::string(line), line);
  }
  const Project synthetic = parse_project(text, "examples/churn", {});
  EXPECT_EQ(std::get<SyntheticSource>(synthetic.ingest.source).rows, 1000u);
  EXPECT_EQ(synthetic.prepare.features.back().name, "new_feature");
  EXPECT_EQ(synthetic.train.models.back().command, (std::vector<std::string>{"python3", "train_xgboost.py"}));

  const size_t synthetic_source = text.find("\n[source]");
  text.erase(synthetic_source, text.find("\n# Your own files") - synthetic_source);
  for (const char* line : {"[source]", "kind = \"files\"", "glob = "})
    replace("# " + std::string(line), line);
  const Project files = parse_project(text, "examples/churn", {});
  EXPECT_EQ(std::get<FilesSource>(files.ingest.source).glob, "landing/{date}/*.csv");
}

TEST(Project, IsToldToBeMissing) {
  try {
    load_project("examples", {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kNotFound);
    EXPECT_EQ(error.message(),
              "there is no tidemill.toml in 'examples': make one with 'tidemill init examples', or name the "
              "project's folder with -C");
  }
}

TEST(Project, IsNamedByItsFolder) {
  try {
    load_project("examples/churn/tidemill.toml", {});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.message(),
              "'examples/churn/tidemill.toml' is the project's file: name its folder, -C examples/churn");
  }
}

TEST(Reference, IsTheCommittedPage) {
  const fs::path page = "docs/reference/project-file.md";
  if (std::getenv("TIDEMILL_UPDATE") != nullptr)
    std::ofstream(page, std::ios::binary) << project_file_reference();
  EXPECT_TRUE(read(page) == project_file_reference())
      << "write it anew: build/tidemill config reference > docs/reference/project-file.md";
}

}  // namespace
}  // namespace tidemill::app
