#include "base/json.h"
#include "tracking/model_uri.h"
#include "tracking/registration.h"
#include "tracking/store_conformance.h"

namespace tidemill::tracking {
namespace {

class RegistryTest : public StoreTest {
 protected:
  // The text of the tag mlflow.modelVersions, however its JSON is spaced.
  Json noted_versions(const std::string& model_id) {
    const auto text = store_->get_logged_model(model_id).tag(kTagModelVersions);
    return parse_json(text.value_or("[]"), "tag");
  }
};

TEST_P(RegistryTest, VersionsComeFromLoggedModels) {
  const std::string name = unique("churn_model");
  const std::string run = make_run("r").run_id;
  const LoggedModel model = make_model(run);
  const ModelVersion first = register_logged_model(*store_, name, model.model_id, {{"a", "1"}}, "the first");
  EXPECT_EQ(first.version, 1);
  EXPECT_EQ(first.current_stage, "None");
  EXPECT_EQ(first.source, "models:/" + model.model_id);
  EXPECT_EQ(first.run_id, run);
  EXPECT_EQ(first.status, "READY");
  EXPECT_EQ(first.storage_location, model.artifact_location);
  EXPECT_EQ(first.description, "the first");
  EXPECT_EQ(first.tag("a"), "1");
  EXPECT_EQ(noted_versions(model.model_id), Json::array({{{"name", name}, {"version", 1}}}));
  EXPECT_EQ(register_logged_model(*store_, name, model.model_id).version, 2);
  EXPECT_EQ(store_->create_model_version({name, "s3://bucket/elsewhere", ""}).storage_location,
            "s3://bucket/elsewhere");

  store_->set_model_version_tag(name, 2, {"tidemill.attempt_id", "x"});
  ModelVersionQuery query;
  query.conditions = {attribute_equals("run_id", run)};
  EXPECT_EQ(store_->search_model_versions(query).items.size(), 2u);
  query.conditions = {attribute_equals("name", name), tag_equals("tidemill.attempt_id", "x")};
  const auto tagged = store_->search_model_versions(query).items;
  ASSERT_EQ(tagged.size(), 1u);
  EXPECT_EQ(tagged[0].version, 2);
  store_->delete_model_version_tag(name, 2, "tidemill.attempt_id");
  EXPECT_TRUE(store_->search_model_versions(query).items.empty());
  EXPECT_EQ(store_->update_model_version(name, 2, "new").description, "new");

  EXPECT_EQ(code_of([&] { store_->get_model_version(name, 9); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] {
              store_->create_model_version({unique("none"), "models:/" + model.model_id, ""});
            }),
            ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] {
              store_->create_model_version({name, "models:/m-none", ""});
            }),
            ErrorCode::kNotFound);
}

TEST_P(RegistryTest, StagesMoveAndArchive) {
  const std::string m = unique("m");
  const LoggedModel model = make_model();
  for (int i = 0; i < 3; ++i) register_logged_model(*store_, m, model.model_id);
  store_->transition_model_version_stage(m, 1, "staging", true);
  store_->transition_model_version_stage(m, 2, "Staging", false);
  EXPECT_EQ(store_->get_model_version(m, 1).current_stage, "Staging");
  clock_.advance_ms(10);
  const ModelVersion third = store_->transition_model_version_stage(m, 3, "Staging", true);
  EXPECT_EQ(third.current_stage, "Staging");
  expect_now(third.last_updated_time_ms);
  EXPECT_EQ(store_->get_registered_model(m).last_updated_time_ms, third.last_updated_time_ms);
  EXPECT_EQ(store_->get_model_version(m, 1).current_stage, "Archived");
  EXPECT_EQ(store_->get_model_version(m, 2).current_stage, "Archived");
  store_->transition_model_version_stage(m, 1, "Production", true);
  const auto latest = store_->get_latest_versions(m);
  ASSERT_EQ(latest.size(), 3u);
  EXPECT_EQ(store_->get_latest_versions(m, {"production"}).at(0).version, 1);
  EXPECT_EQ(code_of([&] { store_->transition_model_version_stage(m, 1, "Live", false); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { store_->transition_model_version_stage(m, 1, "Archived", true); }),
            ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of([&] { store_->transition_model_version_stage(m, 9, "Archived", false); }),
            ErrorCode::kNotFound);

  EXPECT_EQ(resolve_model_version(*store_, "models:/" + m + "/Staging").version, 3);
  EXPECT_EQ(resolve_model_version(*store_, "models:/" + m + "/2").version, 2);
  EXPECT_EQ(resolve_model_version(*store_, "models:/" + m + "/latest").version, 3);
  EXPECT_EQ(code_of([&] { resolve_model_version(*store_, "models:/" + m + "/None"); }), ErrorCode::kNotFound);
  EXPECT_EQ(code_of([&] { resolve_model_version(*store_, "models:/" + unique("none") + "/1"); }),
            ErrorCode::kNotFound);
}

TEST_P(RegistryTest, AliasesPointToVersions) {
  const std::string m = unique("m");
  const LoggedModel model = make_model();
  for (int i = 0; i < 2; ++i) register_logged_model(*store_, m, model.model_id);
  store_->set_registered_model_alias(m, "champion", 1);
  store_->set_registered_model_alias(m, "best", 1);
  store_->set_registered_model_alias(m, "champion", 2);
  EXPECT_EQ(store_->get_model_version_by_alias(m, "champion").version, 2);
  EXPECT_EQ(store_->get_model_version_by_alias(m, "Latest").version, 2);
  EXPECT_EQ(resolve_model_version(*store_, "models:/" + m + "@best").version, 1);
  EXPECT_EQ(store_->get_model_version(m, 1).aliases, Names{"best"});
  EXPECT_EQ(store_->get_registered_model(m).aliases.size(), 2u);
  store_->delete_registered_model_alias(m, "best");
  EXPECT_EQ(code_of([&] { store_->get_model_version_by_alias(m, "best"); }), ErrorCode::kInvalidArgument);
  for (const char* alias : {"latest", "v1", "a b", ""}) {
    EXPECT_EQ(code_of([&] { store_->set_registered_model_alias(m, alias, 1); }), ErrorCode::kInvalidArgument)
        << alias;
  }
  EXPECT_EQ(code_of([&] { store_->set_registered_model_alias(m, "x", 9); }), ErrorCode::kNotFound);
}

TEST_P(RegistryTest, VersionsAndModelsAreDeleted) {
  const std::string m = unique("m"), n = unique("n"), other = unique("other");
  const LoggedModel model = make_model();
  for (int i = 0; i < 2; ++i) register_logged_model(*store_, m, model.model_id);
  store_->set_registered_model_alias(m, "a", 2);
  store_->delete_model_version(m, 2);
  EXPECT_EQ(code_of([&] { store_->get_model_version(m, 2); }), ErrorCode::kNotFound);
  EXPECT_TRUE(store_->get_registered_model(m).aliases.empty());
  EXPECT_EQ(register_logged_model(*store_, m, model.model_id).version, 3);  // no number comes twice

  store_->set_registered_model_tag(m, {"k", "1"});
  store_->set_registered_model_tag(m, {"k", "2"});
  store_->update_registered_model(m, "about");
  const RegisteredModel renamed = store_->rename_registered_model(m, n);
  EXPECT_EQ(renamed.tags, (std::vector<Tag>{{"k", "2"}}));
  EXPECT_EQ(renamed.description, "about");
  EXPECT_EQ(store_->get_model_version(n, 3).source, "models:/" + model.model_id);
  EXPECT_FALSE(store_->find_registered_model(m));
  EXPECT_EQ(code_of([&] { store_->create_registered_model(n); }), ErrorCode::kAlreadyExists);
  EXPECT_EQ(code_of([&] { store_->create_registered_model("a/b"); }), ErrorCode::kInvalidArgument);
  store_->create_registered_model(other, {{"k", "2"}}, "text");
  EXPECT_EQ(code_of([&] { store_->rename_registered_model(n, other); }), ErrorCode::kAlreadyExists);

  RegisteredModelQuery query;
  const Condition ours = {Field::kAttribute, "name", Comparator::kLike, unique("%")};
  query.conditions = {tag_equals("k", "2"), ours};
  EXPECT_EQ(store_->search_registered_models(query).items.size(), 2u);
  query.conditions = {{Field::kAttribute, "name", Comparator::kLike, "o%"}, ours};
  EXPECT_EQ(store_->search_registered_models(query).items.at(0).name, other);
  store_->delete_registered_model_tag(n, "k");
  store_->delete_registered_model(n);
  EXPECT_EQ(code_of([&] { store_->get_registered_model(n); }), ErrorCode::kNotFound);
  query.conditions = {ours};
  EXPECT_EQ(store_->search_registered_models(query).items.size(), 1u);
}

TEST_P(RegistryTest, VersionsComeInOrderAndInPages) {
  const std::string m = unique("m");
  const LoggedModel model = make_model();
  for (int i = 0; i < 5; ++i) {
    register_logged_model(*store_, m, model.model_id, {{"kind", i % 2 == 0 ? "even" : "it's odd"}});
  }
  store_->set_registered_model_alias(m, "champion", 4);
  const auto versions = [&](std::vector<Condition> conditions, std::vector<OrderBy> order_by) {
    ModelVersionQuery query;
    query.conditions = std::move(conditions);
    query.conditions.push_back(attribute_equals("name", m));
    query.order_by = std::move(order_by);
    query.page.max_results = 2;
    std::vector<int64_t> numbers;
    do {
      const Page<ModelVersion> page = store_->search_model_versions(query);
      EXPECT_LE(page.items.size(), 2u);
      for (const ModelVersion& version : page.items) {
        numbers.push_back(version.version);
        EXPECT_EQ(version.aliases, version.version == 4 ? Names{"champion"} : Names{});
        EXPECT_EQ(version.storage_location, model.artifact_location);
      }
      query.page.page_token = page.next_page_token;
    } while (!query.page.page_token.empty());
    return numbers;
  };
  using Numbers = std::vector<int64_t>;
  const OrderBy by_number = {Field::kAttribute, "version_number", true};
  EXPECT_EQ(versions({}, {by_number}), (Numbers{1, 2, 3, 4, 5}));
  EXPECT_EQ(versions({}, {{Field::kAttribute, "version_number", false}}), (Numbers{5, 4, 3, 2, 1}));
  EXPECT_EQ(versions({tag_equals("kind", "it's odd")}, {by_number}), (Numbers{2, 4}));
  EXPECT_EQ(versions({{Field::kTag, "kind", Comparator::kNotEqual, "even"}}, {by_number}), (Numbers{2, 4}));
  EXPECT_EQ(versions({{Field::kAttribute, "version_number", Comparator::kGreater, 3.0}}, {by_number}),
            (Numbers{4, 5}));
  EXPECT_EQ(versions({{Field::kAttribute, "name", Comparator::kIn, Names{m, "x"}}}, {by_number}),
            (Numbers{1, 2, 3, 4, 5}));
}

INSTANTIATE_TEST_SUITE_P(Backends, RegistryTest, testing::ValuesIn(tested_stores()), backend_name);

}  // namespace
}  // namespace tidemill::tracking
