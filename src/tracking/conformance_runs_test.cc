#include <algorithm>
#include <cmath>
#include <limits>

#include "tracking/registration.h"
#include "tracking/store_conformance.h"

namespace tidemill::tracking {
namespace {

TEST_P(StoreTest, ExperimentsAreMadeFoundRenamedAndDeleted) {
  EXPECT_EQ(store_->get_experiment("0").name, "Default");
  const Experiment made = store_->get_experiment(experiment_id_);
  EXPECT_EQ(made.name, experiment_);
  expect_now(made.creation_time_ms);
  EXPECT_EQ(store_->get_or_create_experiment(experiment_), experiment_id_);
  EXPECT_EQ(code_of([&] { store_->create_experiment(experiment_); }), ErrorCode::kAlreadyExists);
  EXPECT_EQ(code_of([&] { store_->create_experiment(""); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { store_->get_experiment("999999"); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { store_->get_experiment("x"); }), ErrorCode::kInvalidArgument);
  EXPECT_FALSE(store_->get_experiment_by_name(unique("none")));

  store_->set_experiment_tag(experiment_id_, {"team", "a"});
  store_->set_experiment_tag(experiment_id_, {"team", "b"});
  const std::string renamed_to = unique("churn2");
  store_->rename_experiment(experiment_id_, renamed_to);
  const auto renamed = store_->get_experiment_by_name(renamed_to);
  ASSERT_TRUE(renamed);
  EXPECT_EQ(renamed->tags, (std::vector<Tag>{{"team", "b"}}));

  const RunInfo run = make_run("r");
  store_->delete_experiment(experiment_id_);
  EXPECT_EQ(store_->get_run(run.run_id).info.lifecycle_stage, LifecycleStage::kDeleted);
  EXPECT_EQ(code_of([&] { make_run("r2"); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { store_->get_or_create_experiment(renamed_to); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { store_->delete_experiment(experiment_id_); }), ErrorCode::kNotFound);
  const auto is_listed = [&](ViewType view) {
    const auto listed = store_->search_experiments(view);
    return std::ranges::find(listed, experiment_id_, &Experiment::experiment_id) != listed.end();
  };
  EXPECT_TRUE(is_listed(ViewType::kDeletedOnly));
  EXPECT_FALSE(is_listed(ViewType::kActiveOnly));
  store_->restore_experiment(experiment_id_);
  EXPECT_EQ(store_->get_run(run.run_id).info.lifecycle_stage, LifecycleStage::kActive);
  EXPECT_TRUE(is_listed(ViewType::kActiveOnly));
  EXPECT_FALSE(is_listed(ViewType::kDeletedOnly));
}

TEST_P(StoreTest, RunsStartEndAndAreDeleted) {
  const RunInfo run = make_run("first", {{"mlflow.user", "ann"}});
  EXPECT_EQ(run.run_id.size(), 32u);
  tracking::Run read = store_->get_run(run.run_id);
  EXPECT_EQ(read.info.status, RunStatus::kRunning);
  EXPECT_EQ(read.info.start_time_ms, clock_.now_ms());
  EXPECT_FALSE(read.info.end_time_ms);
  EXPECT_EQ(read.info.artifact_uri,
            store_->get_experiment(experiment_id_).artifact_location + "/" + run.run_id + "/artifacts");
  EXPECT_EQ(read.tags, (std::vector<Tag>{{"mlflow.runName", "first"}, {"mlflow.user", "ann"}}));

  const RunInfo ended = store_->update_run(run.run_id, RunStatus::kFinished, 1'793'491'300'000, "renamed");
  EXPECT_EQ(ended.status, RunStatus::kFinished);
  read = store_->get_run(run.run_id);
  EXPECT_EQ(read.info.end_time_ms, 1'793'491'300'000);
  EXPECT_EQ(read.tag("mlflow.runName"), "renamed");
  store_->set_tag(run.run_id, {"mlflow.runName", "again"});
  EXPECT_EQ(store_->get_run(run.run_id).info.run_name, "again");

  store_->delete_run(run.run_id);
  EXPECT_EQ(code_of([&] { store_->set_tag(run.run_id, {"a", "b"}); }), ErrorCode::kInvalidArgument);
  EXPECT_TRUE(found({}).empty());
  store_->restore_run(run.run_id);
  store_->set_tag(run.run_id, {"a", "b"});
  store_->delete_tag(run.run_id, "a");
  EXPECT_EQ(code_of([&] { store_->delete_tag(run.run_id, "a"); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { store_->get_run("none"); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { store_->delete_run("none"); }), ErrorCode::kNotFound);
  EXPECT_FALSE(store_->find_run("none"));
  EXPECT_FALSE(make_run("").run_name.empty());
  EXPECT_EQ(code_of([&] { make_run("a", {{"mlflow.runName", "b"}}); }), ErrorCode::kInvalidArgument);
}

TEST_P(StoreTest, MetricsKeepTheirHistoryAndShowTheLatest) {
  const std::string id = make_run("r").run_id;
  const double infinity = std::numeric_limits<double>::infinity();
  const double nan = std::nan("");
  store_->log_batch(id, {{"rmse", 0.5, 100, 0}, {"rmse", 0.4, 90, 2}, {"rmse", 0.3, 110, 1}}, {}, {});
  store_->log_batch(id, {{"rmse", 0.4, 90, 2}}, {}, {});  // the same again
  store_->log_batch(id, {{"up", infinity, 1, 0}, {"down", -infinity, 1, 0}, {"nan", nan, 1, 0}}, {}, {});
  const tracking::Run run = store_->get_run(id);
  EXPECT_EQ(run.metric("rmse"), 0.4);
  EXPECT_EQ(run.metric("up"), std::numeric_limits<double>::max());
  EXPECT_EQ(run.metric("down"), -std::numeric_limits<double>::max());
  EXPECT_TRUE(std::isnan(run.metric("nan").value()));
  const auto history = store_->get_metric_history(id, "rmse");
  ASSERT_EQ(history.size(), 3u);
  EXPECT_EQ(history[0].value, 0.4);
  EXPECT_EQ(history[2].step, 1);
  EXPECT_TRUE(store_->get_metric_history(id, "none").empty());
}

TEST_P(StoreTest, ParamsKeepTheirFirstValueTagsTheirLast) {
  const std::string id = make_run("r").run_id;
  store_->log_batch(id, {}, {{"depth", "5"}, {"empty", ""}}, {{"t", "1"}});
  store_->log_batch(id, {}, {{"depth", "5"}}, {{"t", "2"}});
  EXPECT_EQ(code_of([&] {
              store_->log_batch(id, {{"m", 1, 1, 0}}, {{"new", "1"}, {"depth", "6"}}, {{"t", "3"}});
            }),
            ErrorCode::kInvalidArgument);
  const tracking::Run run = store_->get_run(id);
  EXPECT_EQ(run.param("depth"), "5");
  EXPECT_EQ(run.param("empty"), "");
  EXPECT_EQ(run.param("new"), std::nullopt);  // nothing of a refused batch stays
  EXPECT_EQ(run.metric("m"), std::nullopt);
  EXPECT_EQ(run.tag("t"), "2");
}

TEST_P(StoreTest, BatchesHaveMlflowsLimits) {
  const std::string id = make_run("r").run_id;
  const auto batch = [&](size_t metrics, size_t params, size_t tags) {
    std::vector<Metric> m;
    std::vector<Param> p;
    std::vector<Tag> t;
    for (size_t i = 0; i < metrics; ++i) m.push_back({"m" + std::to_string(i), 1, 1, 0});
    for (size_t i = 0; i < params; ++i) p.push_back({"p" + std::to_string(i), "v"});
    for (size_t i = 0; i < tags; ++i) t.push_back({"t" + std::to_string(i), "v"});
    store_->log_batch(id, m, p, t);
  };
  EXPECT_EQ(code_of([&] { batch(1001, 0, 0); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { batch(0, 101, 0); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { batch(0, 0, 101); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { batch(900, 60, 60); }), ErrorCode::kInvalidArgument);
  batch(800, 100, 100);
  const auto log = [&](const Metric& metric) { store_->log_batch(id, {metric}, {}, {}); };
  EXPECT_EQ(code_of([&] { log({"a?", 1, 1, 0}); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { log({"../a", 1, 1, 0}); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { log({"a", 1, -1, 0}); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] {
              store_->log_batch(id, {}, {{"p", "1"}, {"p", "1"}}, {});
            }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { store_->log_batch("none", {}, {}, {}); }), ErrorCode::kNotFound);
}

TEST_P(StoreTest, DatasetsAndModelsAreInputsAndOutputs) {
  const std::string first = make_run("first").run_id;
  const std::string second = make_run("second").run_id;
  const LoggedModel model = make_model(first);
  const Dataset train{"train", "abc", "local", R"({"uri": "x"})", R"({"mlflow_colspec": []})", std::nullopt};
  const Dataset test{"test", "def", "local", "{}", std::nullopt, std::nullopt};
  store_->log_inputs(first, {{train, {{"mlflow.data.context", "training"}}}, {test, {}}});
  store_->log_inputs(first, {{train, {}}});
  store_->log_inputs(second, {{train, {{"mlflow.data.context", "eval"}}}}, {model.model_id});
  store_->log_outputs(first, {{model.model_id, 3}});

  const tracking::Run run = store_->get_run(first);
  ASSERT_EQ(run.dataset_inputs.size(), 2u);
  EXPECT_EQ(run.dataset_inputs[1].dataset.name, "train");
  EXPECT_EQ(run.dataset_inputs[1].dataset.schema, train.schema);
  EXPECT_EQ(run.dataset_inputs[1].tags, (std::vector<Tag>{{"mlflow.data.context", "training"}}));
  ASSERT_EQ(run.model_outputs.size(), 1u);
  EXPECT_EQ(run.model_outputs[0].step, 3);
  EXPECT_EQ(store_->get_run(second).model_inputs, Names{model.model_id});
  EXPECT_EQ(found({{Field::kDataset, "context", Comparator::kEqual, "eval"}}), Names{"second"});
  EXPECT_EQ(found({{Field::kDataset, "name", Comparator::kIn, Names{"test", "x"}}}), Names{"first"});
}

TEST_P(StoreTest, RunsAreFoundByConditionsAndOrdered) {
  const std::string a = make_run("a", {{"kind", "tree"}, {"tidemill.attempt_id", "1"}}).run_id;
  const std::string b = make_run("b", {{"kind", "linear"}}).run_id;
  const std::string c = make_run("c").run_id;
  store_->log_batch(a, {{"rmse", 0.3, 1, 0}}, {{"depth", "10"}}, {});
  store_->log_batch(b, {{"rmse", 0.1, 1, 0}}, {}, {});
  store_->log_batch(c, {{"rmse", std::nan(""), 1, 0}}, {}, {});

  EXPECT_EQ(found({}), (Names{"c", "b", "a"}));
  EXPECT_EQ(found({tag_equals("kind", "tree"), tag_equals("tidemill.attempt_id", "1")}), Names{"a"});
  EXPECT_EQ(found({{Field::kTag, "kind", Comparator::kNotEqual, "tree"}}), Names{"b"});
  EXPECT_EQ(found({{Field::kTag, "kind", Comparator::kIsNull, {}}}), Names{"c"});
  EXPECT_EQ(found({{Field::kTag, "kind", Comparator::kLike, "%E%"}}), Names{});
  EXPECT_EQ(found({{Field::kTag, "kind", Comparator::kILike, "%E%"}}), (Names{"b", "a"}));
  EXPECT_EQ(found({{Field::kMetric, "rmse", Comparator::kLess, 0.2},
                   {Field::kMetric, "rmse", Comparator::kGreater, 0.0}}),
            Names{"b"});
  EXPECT_EQ(found({{Field::kParam, "depth", Comparator::kEqual, "10"}}), Names{"a"});
  EXPECT_EQ(found({attribute_equals("run_name", "c")}), Names{"c"});
  EXPECT_EQ(found({{Field::kAttribute, "run_id", Comparator::kNotIn, Names{a, c}}}), Names{"b"});
  EXPECT_EQ(found({{Field::kAttribute, "start_time", Comparator::kLessEqual,
                    static_cast<double>(clock_.now_ms() - 2)}}),
            Names{"a"});
  EXPECT_EQ(found({}, {{Field::kMetric, "rmse", true}}), (Names{"b", "a", "c"}));
  EXPECT_EQ(found({}, {{Field::kMetric, "rmse", false}}), (Names{"a", "b", "c"}));
  EXPECT_EQ(found({}, {{Field::kTag, "kind", true}}), (Names{"b", "a", "c"}));
  EXPECT_EQ(found({}, {{Field::kAttribute, "run_name", true}}), (Names{"a", "b", "c"}));
  EXPECT_EQ(code_of([&] { found({attribute_equals("colour", "c")}); }), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] {
              found({{Field::kMetric, "rmse", Comparator::kLike, "1"}});
            }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] {
              found({{Field::kMetric, "rmse", Comparator::kEqual, "1"}});
            }),
            ErrorCode::kInvalidArgument);
}

TEST_P(StoreTest, AnyTextIsFoundAgain) {
  const Names texts = {"it's", "say \"x\"", "größe 日本 🙂", " a  b ", "100%", "a;b -- c", "a\\b", "",
                       "NULL", "x = 'y"};
  for (const std::string& text : texts) make_run("r", {{"any key: a/b.c-d", text}});
  for (const std::string& text : texts) {
    RunQuery query;
    query.experiment_ids = {experiment_id_};
    query.conditions = {tag_equals("any key: a/b.c-d", text)};
    const auto runs = store_->search_runs(query).items;
    ASSERT_EQ(runs.size(), 1u) << text;
    EXPECT_EQ(runs.front().tag("any key: a/b.c-d"), text);
  }
  EXPECT_EQ(found({{Field::kTag, "any key: a/b.c-d", Comparator::kLike, "%日本%"}}), Names{"r"});
  EXPECT_EQ(found({{Field::kAttribute, "run_id", Comparator::kIn, Names{}}}), Names{});
}

TEST_P(StoreTest, SearchesComeInPages) {
  for (int i = 0; i < 5; ++i) make_run("r" + std::to_string(i));
  RunQuery query;
  query.experiment_ids = {experiment_id_, "0"};
  query.page.max_results = 2;
  Names names;
  for (int page = 0; page < 3; ++page) {
    const Page<tracking::Run> part = store_->search_runs(query);
    for (const tracking::Run& run : part.items) names.push_back(run.info.run_name);
    query.page.page_token = part.next_page_token;
  }
  EXPECT_EQ(names, (Names{"r4", "r3", "r2", "r1", "r0"}));
  EXPECT_EQ(query.page.page_token, "");
  query.page = {0, ""};
  EXPECT_EQ(code_of([&] { store_->search_runs(query); }), ErrorCode::kInvalidArgument);
  query.page = {1, "x"};
  EXPECT_EQ(code_of([&] { store_->search_runs(query); }), ErrorCode::kInvalidArgument);
  query.page = {};
  query.experiment_ids = {};
  EXPECT_TRUE(store_->search_runs(query).items.empty());
}

TEST_P(StoreTest, LoggedModelsCarryParamsTagsAndMetrics) {
  const std::string run = make_run("r").run_id;
  const LoggedModel made =
      store_->create_logged_model({experiment_id_, "model", run, "onnx", {{"k", "v"}}, {{"p", "1"}}});
  EXPECT_EQ(made.status, LoggedModelStatus::kPending);
  EXPECT_EQ(made.artifact_location, store_->get_experiment(experiment_id_).artifact_location + "/models/" +
                                        made.model_id + "/artifacts");
  clock_.advance_ms(5);
  store_->finalize_logged_model(made.model_id, LoggedModelStatus::kReady);
  store_->log_batch(run, {{"test_rmse", 0.1, 7, 0, made.model_id, "test", "abc"}}, {}, {});
  store_->set_logged_model_tags(made.model_id, {{"k", "w"}, {"l", "x"}});
  store_->log_logged_model_params(made.model_id, {{"q", "2"}});
  const LoggedModel read = store_->get_logged_model(made.model_id);
  EXPECT_EQ(read.status, LoggedModelStatus::kReady);
  EXPECT_GE(read.last_updated_timestamp_ms, read.creation_timestamp_ms);
  expect_now(read.last_updated_timestamp_ms);
  EXPECT_EQ(read.source_run_id, run);
  EXPECT_EQ(read.model_type, "onnx");
  EXPECT_EQ(read.tags, (std::vector<Tag>{{"k", "w"}, {"l", "x"}}));
  EXPECT_EQ(read.params, (std::vector<Param>{{"p", "1"}, {"q", "2"}}));
  ASSERT_EQ(read.metrics.size(), 1u);
  EXPECT_EQ(read.metrics[0].value, 0.1);
  EXPECT_EQ(read.metrics[0].dataset_name, "test");
  EXPECT_EQ(store_->get_run(run).metric("test_rmse"), 0.1);
  make_model();
  EXPECT_EQ(store_->list_logged_models(experiment_id_).size(), 2u);
  EXPECT_EQ(store_->list_logged_models(experiment_id_, run).at(0).model_id, made.model_id);

  store_->delete_logged_model_tag(made.model_id, "l");
  EXPECT_EQ(code_of([&] { store_->delete_logged_model_tag(made.model_id, "l"); }), ErrorCode::kNotFound);
  store_->delete_logged_model(made.model_id);
  EXPECT_FALSE(store_->find_logged_model(made.model_id));
  EXPECT_EQ(code_of([&] { store_->get_logged_model("m-none"); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] {
              store_->log_batch(run, {{"m", 1, 1, 0, "m-none", "", ""}}, {}, {});
            }),
            GetParam().is_server ? ErrorCode::kInvalidArgument : ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] {
              store_->create_logged_model({experiment_id_, "a/b", run, ""});
            }),
            ErrorCode::kInvalidArgument);
}

TEST_P(EmbeddedStoreTest, BatchesAreAllOrNothing) {
  {
    const auto batch = store_->begin();
    make_run("undone");
  }
  EXPECT_TRUE(found({}).empty());
  {
    const auto batch = store_->begin();
    const std::string run = make_run("kept").run_id;
    const LoggedModel model = make_model(run);
    store_->log_outputs(run, {{model.model_id, 0}});
    register_logged_model(*store_, "m", model.model_id);
    batch->commit();
  }
  EXPECT_EQ(found({}), Names{"kept"});
  EXPECT_EQ(store_->get_registered_model("m").latest_versions.size(), 1u);
}

TEST_P(EmbeddedStoreTest, GivenIdsAreKeptOnce) {
  NewRun request{experiment_id_, "r", "ann", 1, {}, "0123456789abcdef0123456789abcdef"};
  EXPECT_EQ(store_->create_run(request).run_id, request.run_id);
  EXPECT_TRUE(store_->find_run(request.run_id));
  EXPECT_EQ(code_of([&] { store_->create_run(request); }), ErrorCode::kAlreadyExists);
  request.run_id = "../x";
  EXPECT_EQ(code_of([&] { store_->create_run(request); }), ErrorCode::kInvalidArgument);
}

INSTANTIATE_TEST_SUITE_P(Backends, StoreTest, testing::ValuesIn(tested_stores()), backend_name);
INSTANTIATE_TEST_SUITE_P(Embedded, EmbeddedStoreTest, testing::ValuesIn(embedded_stores()), backend_name);

}  // namespace
}  // namespace tidemill::tracking
