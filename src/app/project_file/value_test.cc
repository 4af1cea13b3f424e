#include "app/project_file/value.h"

#include <gtest/gtest.h>

#include "app/project_file/allowed.h"
#include "app/project_file/toml_text.h"
#include "base/error.h"
#include "base/json.h"

namespace tidemill::app {
namespace {

TEST(TomlText, KeepsTheOrderAndTheLinesOfTheFile) {
  const Value root =
      parse_toml("\n[b]\nz = 1\na = { y = true, x = [1.5,\n \"t\"] }\n[a]\nday = 2026-11-05\n");
  ASSERT_EQ(root.members.size(), 2u);
  EXPECT_EQ(root.members[0].key, "b");
  EXPECT_EQ(root.members[0].value.place.line, 2);
  const Value& b = root.members[0].value;
  EXPECT_EQ(b.members[0].key, "z");
  EXPECT_EQ(b.members[1].place.line, 4);
  EXPECT_EQ(b.members[1].value.find("x")->value.items[1].place.line, 5);
  EXPECT_EQ(to_toml(b.members[1].value), "{ y = true, x = [1.5, \"t\"] }");
  EXPECT_EQ(root.find("a")->value.find("day")->value.text, "2026-11-05");
  EXPECT_EQ(to_json(b).dump(), R"({"z":1,"a":{"y":true,"x":[1.5,"t"]}})");
}

TEST(TomlText, WritesWhatItReads) {
  for (const char* text :
       {"\"a \\\"b\\\" \\\\ \\n\"", "[1, 2.0, true]", "{ a = 1, \"b c\" = \"\" }", "1e-07", "[]", "{}"}) {
    const std::optional<Value> value = parse_toml_value(text);
    ASSERT_TRUE(value) << text;
    EXPECT_EQ(to_toml(*value), text);
  }
}

TEST(TomlText, RefusesWhatIsNoValue) {
  for (const char* text : {"", "a b", "1\nother = 2", "[1", "2026-13-45"})
    EXPECT_FALSE(parse_toml_value(text)) << text;
}

TEST(TomlText, NamesTheLineOfABrokenFile) {
  try {
    parse_toml("[project]\nname = \"churn\nseed = 42\n");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kInvalidArgument);
    EXPECT_TRUE(error.message().starts_with("tidemill.toml:2: not valid TOML: ")) << error.message();
  }
}

TEST(TomlText, RefusesLettersBeyondAsciiOutsideOfQuotes) {
  EXPECT_THROW(parse_toml("a = \xc3\xa9\n"), Error);
  EXPECT_THROW(parse_toml("\xc3\xa9 = 1\n"), Error);
  EXPECT_EQ(parse_toml("a = \"\xc3\xa9\"\n").find("a")->value.text, "\xc3\xa9");
}

TEST(Value, IsDescribedInFewWords) {
  EXPECT_EQ(describe(*parse_toml_value("\"a\"")), "the string \"a\"");
  EXPECT_EQ(describe(*parse_toml_value("1.50")), "1.5");
  EXPECT_EQ(describe(*parse_toml_value("[]")), "an empty list");
  EXPECT_EQ(describe(*parse_toml_value("12:30:00")), "the time 12:30:00");
  EXPECT_EQ(describe(Value::of_text(std::string(10000, 'x'))).size(),
            60 + std::string("the string \"...\"").size());
}

TEST(Memory, HasUnits) {
  EXPECT_EQ(parse_memory("512 MB"), 512'000'000u);
  EXPECT_EQ(parse_memory("1.5GiB"), 1'610'612'736u);
  for (const char* text : {"512", "MB", "-1 GB", "1 GBs", "nan GB", "1e30 TB", ""})
    EXPECT_FALSE(parse_memory(text)) << text;
}

}  // namespace
}  // namespace tidemill::app
