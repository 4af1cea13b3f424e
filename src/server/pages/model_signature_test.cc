#include "server/pages/model_signature.h"

#include <gtest/gtest.h>

namespace tidemill::server::pages {
namespace {

TEST(ModelSignature, IsReadAsTidemillWritesIt) {
  const Signature found = signature_of(
      "flavors: {}\nsignature:\n"
      R"(  inputs: "[{\"type\":\"any\",\"name\":\"age\",\"required\":false}]")"
      "\n"
      R"(  outputs: "[{\"type\":\"tensor\",\"tensor-spec\":{\"dtype\":\"float64\",\"shape\":[-1]}}]")"
      "\n  params: null\n");
  ASSERT_EQ(found.inputs.size(), 1U);
  EXPECT_EQ(found.inputs[0].name, "age");
  EXPECT_FALSE(found.inputs[0].required);
  ASSERT_EQ(found.outputs.size(), 1U);
  EXPECT_EQ(found.outputs[0].type, "float64 [-1]");
}

TEST(ModelSignature, IsReadAsMlflowWritesIt) {
  const Signature found = signature_of(
      "run_id: x\nsignature:\n  inputs: '[{\"type\": \"double\", \"name\": \"it''s\"}]'\n  outputs: null\n");
  ASSERT_EQ(found.inputs.size(), 1U);
  EXPECT_EQ(found.inputs[0].name, "it's");
  EXPECT_TRUE(found.outputs.empty());
}

TEST(ModelSignature, WhatIsNoneGivesNothing) {
  for (const char* text :
       {"", "\nsignature:\n", "\nsignature:\n  inputs: '", "\nsignature:\n  inputs: \"[{]\"\n",
        "\nsignature:\n  inputs: '[1, \"a\", {\"name\": 2}]'\n"}) {
    const Signature found = signature_of(text);
    EXPECT_LE(found.inputs.size(), 1U) << text;
  }
}

TEST(ModelSignature, HostileNamesStayText) {
  const Html card =
      signature_card("\nsignature:\n  inputs: '[{\"type\": \"<b>\", \"name\": \"<script>\"}]'\n");
  EXPECT_EQ(card.text().find("<script>"), std::string::npos);
  EXPECT_NE(card.text().find("&lt;script&gt;"), std::string::npos);
}

TEST(ModelSignatureTest, WhatIsNestedDeeplyIsNoSignature) {
  const std::string deep = std::string(300, '[') + std::string(300, ']');
  const std::string field = R"([{"name":"x","tensor-spec":{"dtype":"a","shape":)" + deep + "}}]";
  EXPECT_TRUE(signature_of("signature:\n  inputs: '" + field + "'\n").inputs.empty());
}

}  // namespace
}  // namespace tidemill::server::pages
