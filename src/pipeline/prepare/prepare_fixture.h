#pragma once
// A project in a scratch folder with raw days made by SQL, for the tests of prepare.

#include <cmath>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/text.h"
#include "pipeline/prepare/prepare.h"

namespace tidemill::pipeline {

class NoProgress final : public Progress {
 public:
  void step(const std::string&, double) override {}
};

// Customers made by SQL: attributes of all kinds, 5 % nulls, a target that follows from them.
inline std::string customers_sql(int day, size_t rows) {
  return fmt::format(
      "SELECT 'C' || lpad(CAST({0} * 1000000 + i AS VARCHAR), 9, '0') AS id, "
      "TIMESTAMP '2026-11-01' + INTERVAL ({0} - 1) DAY + INTERVAL (i % 86400) SECOND AS seen, "
      "CASE WHEN hash(i, {0}, 1) % 20 = 0 THEN NULL ELSE CAST(18 + hash(i, {0}, 2) % 60 AS INTEGER) END AS "
      "age, "
      "CASE WHEN hash(i, {0}, 3) % 20 = 0 THEN NULL ELSE (hash(i, {0}, 4) % 100000) / 7.0 END AS spend, "
      "CAST((hash(i, {0}, 5) % 1000) / 100.0 AS DECIMAL(9,2)) AS visits, "
      "CASE WHEN hash(i, {0}, 6) % 20 = 0 THEN NULL ELSE ['basic', 'plus', 'pro'][CAST(1 + hash(i, {0}, 7) % "
      "3 AS BIGINT)] "
      "END AS segment, "
      "hash(i, {0}, 8) % 2 = 0 AS is_new, CAST(42.5 AS DOUBLE) AS constant, "
      "CASE WHEN hash(i, {0}, 9) % 50 = 0 THEN NULL ELSE (hash(i, {0}, 4) % 100000) / 100000.0 END AS churn "
      "FROM range({1}) t(i)",
      day, rows);
}

class PrepareTest : public testing::Test {
 protected:
  PrepareTest()
      : root_(std::filesystem::path(testing::TempDir()) / ("prepare_" + std::to_string(::getpid()))) {
    std::filesystem::create_directories(root_);
    store_ = storage::open_object_store("file:data", root_);
    options_.roles = {"id", "seen", "churn"};
    options_.features = {{"hour", "hour(seen)", "", "", "t.toml:1"},
                         {"per_visit", "spend / greatest(visits, 1)", "", "", "t.toml:2"},
                         {"rich", "per_visit > 1000", "", "", "t.toml:3"},
                         {"versus", "", "per_visit", "segment", "t.toml:4"},
                         {"versus_again", "", "versus", "Segment", "t.toml:5"},
                         {"loud", "upper(segment)", "", "", "t.toml:6"}};
    use_threads(2);
  }
  ~PrepareTest() override { std::filesystem::remove_all(root_); }

  void use_threads(int count) {
    engine::EngineOptions options;
    options.thread_count = count;
    options.readable_paths = {(root_ / "data").string()};
    engine_ = engine::open_engine(options);
    options_.thread_count = count;
  }

  static Date day(int number) { return Date::parse("2026-11-01").plus_days(number - 1); }

  void write_day(int number, const std::string& sql) {
    const std::filesystem::path scratch = store_->make_scratch_dir();
    const auto session = engine_->new_session();
    session->execute("COPY (" + sql + ") TO " + quote_literal((scratch / kRawFile).string()) +
                     " (FORMAT parquet)");
    Manifest manifest;
    manifest.dataset = "raw_data";
    manifest.date = day(number);
    const auto stream = session->query("SELECT * FROM " + quote_literal((scratch / kRawFile).string()));
    manifest.columns = stream->columns();
    while (const engine::Batch* batch = stream->next()) manifest.row_count += batch->row_count();
    seal(manifest, scratch);
    store_->publish(raw_prefix(day(number)), scratch);
  }

  PrepareResult run(int number) {
    NoProgress progress;
    return prepare(options_, day(number), *engine_, *store_, progress);
  }

  std::string stored(int number, const std::string& file) {
    return store_->get(prepared_prefix(day(number)) + "/" + file).value();
  }

  std::string error_of(const std::function<void()>& work, ErrorCode code = ErrorCode::kInvalidArgument) {
    try {
      work();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), code) << error.message();
      return error.message();
    }
    return "no error";
  }

  // Everything published, by name.
  std::map<std::string, std::string> everything() {
    std::map<std::string, std::string> out;
    for (const auto& object : store_->list("")) out[object.key] = sha256_hex(store_->get(object.key).value());
    return out;
  }

  std::vector<std::vector<std::string>> rows_of(const std::string& sql) {
    std::vector<std::vector<std::string>> rows;
    const auto session = engine_->new_session();
    const auto stream = session->query(sql);
    while (const engine::Batch* batch = stream->next()) {
      for (size_t i = 0; i < batch->row_count(); ++i) {
        rows.emplace_back();
        for (size_t c = 0; c < stream->columns().size(); ++c)
          rows.back().emplace_back(batch->string_at(c, i));
      }
    }
    return rows;
  }

  std::filesystem::path root_;
  std::unique_ptr<storage::ObjectStore> store_;
  std::unique_ptr<engine::Engine> engine_;
  PrepareOptions options_;
};

}  // namespace tidemill::pipeline
