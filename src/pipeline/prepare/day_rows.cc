#include "pipeline/prepare/day_rows.h"

#include <atomic>
#include <cmath>
#include <unordered_map>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "pipeline/duplicates.h"
#include "pipeline/prepare/key_hash.h"

namespace tidemill::pipeline {
namespace {

constexpr size_t kNoRow = SIZE_MAX;

std::string raw_source(const std::vector<SplitDay>& days, const storage::ObjectStore& store) {
  std::vector<std::string> files;
  for (const SplitDay& day : days) {
    files.push_back(quote_literal(store.engine_uri(raw_prefix(day.date) + "/" + kRawFile)));
  }
  return "read_parquet([" + join(files) + "], hive_partitioning = false)";
}

void lower_to(std::atomic<size_t>& lowest, size_t row) {
  size_t seen = lowest;
  while (row < seen && !lowest.compare_exchange_weak(seen, row)) continue;
}

class DayReader {
 public:
  DayReader(const SplitOptions& options, const SplitDay& day) : options_(options), day_(day) {
    rows_.key_hashes.resize(day.raw.row_count);
    rows_.targets.resize(day.raw.row_count);
  }

  // Columns: row number, key as text, target.
  void take(const engine::Batch& batch) {
    const size_t count = batch.row_count();
    std::vector<int64_t> row_numbers(count);
    std::vector<std::string_view> keys(count);
    std::vector<uint64_t> hashes(count);
    std::vector<double> targets(count);
    batch.copy_int64s(0, row_numbers.data(), 0);
    for (size_t i = 0; i < count; ++i) keys[i] = batch.string_at(1, i);
    hash_keys(keys.data(), count, hashes.data());
    batch.copy_doubles(2, targets.data());
    for (size_t i = 0; i < count; ++i) {
      const auto row = static_cast<size_t>(row_numbers[i]);
      if (row >= rows_.targets.size()) refuse_row_count();
      rows_.key_hashes[row] = hashes[i];
      rows_.targets[row] = targets[i];
      if (keys[i].empty() && batch.is_null(1, i)) lower_to(without_key_, row);
      if (!std::isfinite(targets[i]) && !batch.is_null(2, i)) lower_to(without_number_, row);
    }
    seen_ += count;
  }

  DayRows finish() {
    if (seen_ != rows_.targets.size()) refuse_row_count();
    if (without_key_ != kNoRow) {
      refuse(fmt::format("row {} has no {} (the key column is null there)", without_key_ + 1,
                         options_.roles.key));
    }
    if (without_number_ != kNoRow) {
      refuse(fmt::format("the target {} of row {} is not a finite number: make it null to leave the row out",
                         options_.roles.target, without_number_ + 1));
    }
    return std::move(rows_);
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("raw data of {}: {}", day_.date.to_string(), why));
  }

 private:
  [[noreturn]] void refuse_row_count() const {
    throw Error(
        ErrorCode::kCorrupted,
        fmt::format("{}/{} has another number of rows than its manifest says ({}): make the day again with "
                    "--force",
                    raw_prefix(day_.date), kRawFile, day_.raw.row_count));
  }

  const SplitOptions& options_;
  const SplitDay& day_;
  DayRows rows_;
  std::atomic<size_t> seen_ = 0, without_key_ = kNoRow, without_number_ = kNoRow;
};

// Two equal hashes are two equal keys but for one chance in 2^64: the engine says which.
void refuse_duplicate_keys(const DayReader& reader, const std::string& key, const std::string& source,
                           engine::Session& session) {
  const Duplicates duplicates = find_duplicates(session, source, key, 5);
  if (duplicates.row_count == 0) return;
  std::vector<std::string> keys;
  for (const std::string& example : duplicates.examples) keys.push_back("'" + example + "'");
  reader.refuse(fmt::format("{} must tell the rows of a day apart, but {} rows share theirs with another: {}",
                            key, duplicates.row_count, join(keys)));
}

std::vector<Side> read_sides(const SplitDay& day, engine::Session& session,
                             const storage::ObjectStore& store) {
  std::vector<Side> sides;
  std::vector<int64_t> numbers;
  const auto stream = session.query(
      "SELECT split FROM " + quote_literal(store.engine_uri(split_prefix(day.date) + "/" + kSplitFile)));
  while (const engine::Batch* batch = stream->next()) {
    numbers.resize(batch->row_count());
    batch->copy_int64s(0, numbers.data(), static_cast<int64_t>(Side::kNone));
    for (const int64_t number : numbers) sides.push_back(static_cast<Side>(number));
  }
  sides.resize(day.raw.row_count, Side::kNone);
  return sides;
}

}  // namespace

DayRows read_day_rows(const SplitOptions& options, const SplitDay& day, engine::Session& session,
                      const storage::ObjectStore& store) {
  const std::string source = raw_source({day}, store);
  DayReader reader(options, day);
  session.for_each_batch(
      fmt::format("SELECT file_row_number, CAST({} AS VARCHAR), CAST({} AS DOUBLE) FROM {}",
                  quote_identifier(options.roles.key), quote_identifier(options.roles.target), source),
      [&](const engine::Batch& batch) { reader.take(batch); });
  DayRows rows = reader.finish();
  if (has_duplicates(rows.key_hashes, options.thread_count)) {
    refuse_duplicate_keys(reader, options.roles.key, source, session);
  }
  return rows;
}

std::vector<Side> sides_of_returning_keys(const SplitOptions& options, const SplitDay& day,
                                          const DayRows& rows, const std::vector<SplitDay>& earlier,
                                          engine::Engine& engine, const storage::ObjectStore& store) {
  if (earlier.empty()) return {};
  const auto session = engine.new_session(), side_reader = engine.new_session();
  const std::string key = quote_identifier(options.roles.key);
  const auto stream = session->query(fmt::format(
      "SELECT e.file_index, e.file_row_number, CAST(e.{0} AS VARCHAR) FROM "
      "(SELECT file_index, file_row_number, {0} FROM {1}) AS e SEMI JOIN {2} AS d ON e.{0} = d.{0}",
      key, raw_source(earlier, store), raw_source({day}, store)));
  std::vector<std::vector<Side>> sides_of_day(earlier.size());
  std::unordered_map<uint64_t, Side> known;
  while (const engine::Batch* batch = stream->next()) {
    std::vector<int64_t> files(batch->row_count()), file_rows(batch->row_count());
    batch->copy_int64s(0, files.data(), 0);
    batch->copy_int64s(1, file_rows.data(), 0);
    for (size_t i = 0; i < files.size(); ++i) {
      const auto file = static_cast<size_t>(files[i]);
      if (sides_of_day[file].empty()) sides_of_day[file] = read_sides(earlier[file], *side_reader, store);
      const Side side = sides_of_day[file][static_cast<size_t>(file_rows[i])];
      const std::string_view text = batch->string_at(2, i);
      uint64_t hash = 0;
      hash_keys(&text, 1, &hash);
      if (side != Side::kNone) known[hash] = side;
    }
  }
  if (known.empty()) return {};
  std::vector<Side> sides(rows.key_hashes.size(), Side::kNone);
  for (size_t i = 0; i < sides.size(); ++i) {
    const auto found = known.find(rows.key_hashes[i]);
    if (found != known.end()) sides[i] = found->second;
  }
  return sides;
}

}  // namespace tidemill::pipeline
