#include "pipeline/prepare/key_hash.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engine/engine.h"

namespace tidemill::pipeline {
namespace {

TEST(KeyHash, IsTheStartOfMd5AtEveryLength) {
  const auto engine = engine::open_engine({});
  const auto session = engine->new_session();
  const auto stream = session->query(
      "SELECT t, left(md5(t), 16) FROM (SELECT repeat('k\u00e9y ' || i, i) AS t FROM range(150) r(i))");
  std::vector<std::string> texts, expected;
  while (const engine::Batch* batch = stream->next()) {
    for (size_t i = 0; i < batch->row_count(); ++i) {
      texts.emplace_back(batch->string_at(0, i));
      expected.emplace_back(batch->string_at(1, i));
    }
  }
  ASSERT_EQ(texts.size(), 150u);
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<uint64_t> hashes(views.size());
  hash_keys(views.data(), views.size(), hashes.data());
  for (size_t i = 0; i < hashes.size(); ++i)
    EXPECT_EQ(fmt::format("{:016x}", hashes[i]), expected[i]) << texts[i];
}

TEST(KeyHash, DoesNotDependOnItsNeighbours) {
  std::vector<std::string> texts;
  for (int i = 0; i < 40; ++i)
    texts.push_back(std::string(static_cast<size_t>(i * i % 61), 'x') + std::to_string(i));
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<uint64_t> together(views.size());
  hash_keys(views.data(), views.size(), together.data());
  for (size_t i = 0; i < views.size(); ++i) {
    uint64_t alone = 0;
    hash_keys(&views[i], 1, &alone);
    EXPECT_EQ(alone, together[i]);
  }
}

}  // namespace
}  // namespace tidemill::pipeline
