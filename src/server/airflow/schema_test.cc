#include "server/airflow/schema.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "server/airflow/openapi.h"
#include "server/airflow/operation.h"

namespace tidemill::server::airflow {
namespace {

Json problems_of(const char* schema, const std::string& body) {
  Problems problems;
  checked(schema_named(schema), Json::parse(body), {"body"}, problems);
  return problems.list();
}

TEST(Schema, WhatIsLeftOutIsFilledInAndInstantsAreMilliseconds) {
  Problems problems;
  const Json body = checked(schema_named("TriggerDAGRunPostBody"),
                            Json::parse(R"({"logical_date": "1970-01-01T00:00:01Z"})"), {"body"}, problems);
  EXPECT_TRUE(problems.empty()) << problems.list();
  EXPECT_EQ(body.at("logical_date"), 1000);
  EXPECT_TRUE(body.at("conf").is_null());
}

TEST(Schema, ProblemsAreToldAsPydanticTellsThem) {
  EXPECT_EQ(problems_of("VariableBody", R"({"key": "k"})"), Json::parse(R"([{
      "type": "missing", "loc": ["body", "value"], "msg": "Field required", "input": {"key": "k"}}])"));
  EXPECT_EQ(problems_of("VariableBody", R"({"key": 1, "value": null, "x": [2]})"), Json::parse(R"([
      {"type": "string_type", "loc": ["body", "key"], "msg": "Input should be a valid string", "input": 1},
      {"type": "extra_forbidden", "loc": ["body", "x"], "msg": "Extra inputs are not permitted", "input": [2]}
      ])"));
  EXPECT_EQ(problems_of("PoolBody", R"({"name": "p", "slots": -2})"), Json::parse(R"([{
      "type": "greater_than_equal", "loc": ["body", "slots"],
      "msg": "Input should be greater than or equal to -1", "input": -2, "ctx": {"ge": -1}}])"));
  EXPECT_EQ(problems_of("DAGRunPatchBody", R"({"state": "running"})").at(0).at("msg"),
            "Input should be 'queued', 'success' or 'failed'");
  EXPECT_EQ(problems_of("DAGPatchBody", R"({"is_paused": "maybe"})").at(0).at("type"), "bool_parsing");
  EXPECT_EQ(problems_of("DAGPatchBody", R"({"is_paused": 2.5})").at(0).at("type"), "bool_type");
  EXPECT_EQ(problems_of("DAGPatchBody", "[]").at(0).at("type"), "model_attributes_type");
  EXPECT_EQ(problems_of("TriggerDAGRunPostBody", R"({"logical_date": "soon"})").at(0).at("type"),
            "datetime_from_date_parsing");
  EXPECT_EQ(problems_of("PoolBody", R"({"name": "p", "slots": 1.5})").at(0).at("type"), "int_from_float");
  EXPECT_EQ(problems_of("PoolBody", R"({"name": "p", "slots": 1e99})").size(), 1u);
  std::string cyrillic;
  for (int i = 0; i < 1000; ++i) cyrillic += "ж";
  EXPECT_TRUE(problems_of("DAGRunPatchBody", R"({"note": ")" + cyrillic + R"("})").empty());
  EXPECT_EQ(problems_of("DAGRunPatchBody", R"({"note": ")" + cyrillic + R"(x"})").at(0).at("type"),
            "string_too_long");
  EXPECT_EQ(problems_of("LoginBody", R"({"username": "a\u0000", "password": ""})").at(0).at("type"),
            "value_error");
}

TEST(Schema, TextsOfQueriesAreRead) {
  Problems problems;
  EXPECT_EQ(from_text(integer("limit"), "12", {"query", "limit"}, problems), 12);
  EXPECT_EQ(from_text(boolean("paused"), "true", {"query", "paused"}, problems), true);
  EXPECT_EQ(from_text(number("interval"), "0.5", {"query", "interval"}, problems), 0.5);
  EXPECT_TRUE(problems.empty());
  from_text(integer("limit"), "12x", {"query", "limit"}, problems);
  from_text(integer("limit").at_least(0), "-1", {"query", "limit"}, problems);
  from_text(number("interval"), "nan", {"query", "interval"}, problems);
  ASSERT_EQ(problems.list().size(), 3u);
  EXPECT_EQ(problems.list().at(0).at("type"), "int_parsing");
  EXPECT_EQ(problems.list().at(1).at("type"), "greater_than_equal");
}

TEST(Schema, TextsStandForNumbersAndBooleansAsInPydantic) {
  Problems problems;
  const auto pool = [&](const char* body) {
    return checked(schema_named("PoolBody"), Json::parse(body), {"body"}, problems);
  };
  const Json read = pool(R"({"name": "p", "slots": " +3.0 ", "include_deferred": "TRUE"})");
  EXPECT_EQ(read.at("slots"), 3);
  EXPECT_EQ(read.at("include_deferred"), true);
  EXPECT_EQ(pool(R"({"name": "p", "slots": true, "include_deferred": 0})").at("slots"), 1);
  for (const char* yes : {"t", "Y", "yes", "ON", "1", "True"}) {
    EXPECT_EQ(from_text(boolean("b"), yes, {"query", "b"}, problems), true) << yes;
  }
  for (const char* no : {"f", "N", "no", "OFF", "0", "False"}) {
    EXPECT_EQ(from_text(boolean("b"), no, {"query", "b"}, problems), false) << no;
  }
  EXPECT_TRUE(problems.empty()) << problems.list();
  for (const char* odd : {"3.5", "1e3", "", ".0", "+-3", "3.x"}) {
    Problems told;
    from_text(integer("i"), odd, {"query", "i"}, told);
    ASSERT_EQ(told.list().size(), 1U) << odd;
    EXPECT_EQ(told.list().at(0).at("type"), "int_parsing") << odd;
  }
}

TEST(Schema, AFieldMayHaveOneValueOnly) {
  const Field field = integer("map_index").optional(-1).only(-1);
  Problems problems;
  EXPECT_EQ(from_text(field, "-1", {"query", "map_index"}, problems), -1);
  EXPECT_TRUE(problems.empty());
  from_text(field, "3", {"query", "map_index"}, problems);
  EXPECT_EQ(problems.list().at(0).at("msg"), "Input should be -1");
}

TEST(OpenApi, EveryOperationIsDescribedOnceAndEverySchemaIsThere) {
  const Json document = openapi_document("1.2.3");
  EXPECT_EQ(document.at("info").at("version"), "1.2.3");
  size_t count = 0;
  for (const auto& [path, methods] : document.at("paths").items()) count += methods.size();
  EXPECT_EQ(count, operations().size());
  const std::string text = document.dump();
  const std::string prefix = "#/components/schemas/";
  for (size_t at = text.find(prefix); at != std::string::npos; at = text.find(prefix, at + 1)) {
    const size_t from = at + prefix.size();
    const std::string name = text.substr(from, text.find('"', from) - from);
    EXPECT_TRUE(document.at("components").at("schemas").contains(name)) << name;
  }
  const Json& list = document.at("paths").at("/api/v2/dags").at("get");
  EXPECT_EQ(list.at("operationId"), "get_dags");
  EXPECT_EQ(list.at("parameters").at(0).at("schema").at("default"), 50);
}

}  // namespace
}  // namespace tidemill::server::airflow
