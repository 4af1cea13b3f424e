#include "pipeline/prepare/splits.h"

#include <algorithm>
#include <atomic>
#include <cmath>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "pipeline/duplicates.h"
#include "pipeline/prepare/key_hash.h"
#include "storage/scratch_dir.h"

namespace tidemill::pipeline {
namespace {

constexpr int kSplitFormat = 1;
constexpr size_t kNoRow = SIZE_MAX;

void lower_to(std::atomic<size_t>& lowest, size_t row) {
  size_t seen = lowest;
  while (row < seen && !lowest.compare_exchange_weak(seen, row)) continue;
}

class DaySplitter {
 public:
  DaySplitter(const SplitOptions& options, const SplitDay& day, engine::Session& session,
              const storage::ObjectStore& store)
      : options_(options),
        day_(day),
        session_(session),
        source_(fmt::format("read_parquet({}, hive_partitioning = false)",
                            quote_literal(store.engine_uri(raw_prefix(day.date) + "/" + kRawFile)))),
        key_(fmt::format("CAST({} AS VARCHAR)", quote_identifier(options.roles.key))) {}

  std::vector<Side> split(const std::vector<std::string>& earlier_files) {
    DayRows rows = read();
    if (has_duplicates(rows.key_hashes, options_.thread_count)) refuse_duplicate_keys();
    if (!earlier_files.empty()) rows.earlier = sides_of_returning(rows, earlier_files);
    return decide_sides(rows, options_.rule, options_.thread_count);
  }

  void write(const std::vector<Side>& sides, const std::filesystem::path& file) {
    const std::string side =
        session_.register_function({"BIGINT"}, [&](const engine::Batch& batch, double* out) {
          batch.copy_doubles(0, out);
          for (size_t i = 0; i < batch.row_count(); ++i)
            out[i] = static_cast<double>(sides[static_cast<size_t>(out[i])]);
        });
    session_.execute(
        fmt::format("COPY (SELECT {} AS key, CASE {}(file_row_number) WHEN 0 THEN 0::TINYINT WHEN 1 THEN "
                    "1::TINYINT END AS split "
                    "FROM {}) TO {} (FORMAT parquet, COMPRESSION zstd)",
                    key_, side, source_, quote_literal(file.string())));
  }

 private:
  DayRows read() {
    DayRows rows;
    rows.key_hashes.resize(day_.raw.row_count);
    rows.targets.resize(day_.raw.row_count);
    std::atomic<size_t> without_key = kNoRow, without_number = kNoRow, seen = 0;
    session_.for_each_batch(fmt::format("SELECT file_row_number, {}, CAST({} AS DOUBLE) FROM {}", key_,
                                        quote_identifier(options_.roles.target), source_),
                            [&](const engine::Batch& batch) {
                              seen += batch.row_count();
                              take(batch, rows, without_key, without_number);
                            });
    if (seen != rows.targets.size()) refuse_row_count();
    if (without_key != kNoRow) {
      refuse(fmt::format("row {} has no {} (the key column is null there)", without_key + 1,
                         options_.roles.key));
    }
    if (without_number != kNoRow) {
      refuse(fmt::format("the target {} of row {} is not a finite number: make it null to leave the row out",
                         options_.roles.target, without_number + 1));
    }
    return rows;
  }

  void take(const engine::Batch& batch, DayRows& rows, std::atomic<size_t>& without_key,
            std::atomic<size_t>& without_number) const {
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
      if (row >= rows.targets.size()) refuse_row_count();
      rows.key_hashes[row] = hashes[i];
      rows.targets[row] = targets[i];
      if (batch.is_null(1, i)) lower_to(without_key, row);
      if (!std::isfinite(targets[i]) && !batch.is_null(2, i)) lower_to(without_number, row);
    }
  }

  // Every earlier key that is among the day's: the engine skips files whose range of keys does not reach it.
  std::vector<Side> sides_of_returning(const DayRows& rows, const std::vector<std::string>& earlier_files) {
    const auto stream = session_.query(fmt::format(
        "SELECT DISTINCT e.key, e.split FROM read_parquet([{}], hive_partitioning = false) AS e SEMI JOIN "
        "(SELECT {} AS key FROM {}) AS d ON e.key = d.key WHERE e.split IS NOT NULL",
        join(earlier_files), key_, source_));
    std::vector<std::pair<uint64_t, Side>> known;
    while (const engine::Batch* batch = stream->next()) {
      std::vector<double> sides(batch->row_count());
      batch->copy_doubles(1, sides.data());
      for (size_t i = 0; i < sides.size(); ++i) {
        const std::string_view key = batch->string_at(0, i);
        uint64_t hash = 0;
        hash_keys(&key, 1, &hash);
        known.emplace_back(hash, static_cast<Side>(sides[i]));
      }
    }
    if (known.empty()) return {};
    std::sort(known.begin(), known.end());
    std::vector<Side> sides(rows.key_hashes.size(), Side::kNone);
    for (size_t i = 0; i < sides.size(); ++i) {
      const auto found =
          std::lower_bound(known.begin(), known.end(), std::pair(rows.key_hashes[i], Side::kTrain));
      if (found != known.end() && found->first == rows.key_hashes[i]) sides[i] = found->second;
    }
    return sides;
  }

  // Two equal hashes are two equal keys but for one chance in 2^64: the engine says which.
  void refuse_duplicate_keys() {
    const Duplicates duplicates = find_duplicates(session_, source_, options_.roles.key, 5);
    if (duplicates.row_count == 0) return;
    std::vector<std::string> keys;
    for (const std::string& key : duplicates.examples) keys.push_back("'" + key + "'");
    refuse(fmt::format("{} must tell the rows of a day apart, but {} rows share theirs with another: {}",
                       options_.roles.key, duplicates.row_count, join(keys)));
  }

  [[noreturn]] void refuse_row_count() const {
    throw Error(
        ErrorCode::kCorrupted,
        fmt::format("{}/{} has another number of rows than its manifest says ({}): make the day again "
                    "with --force",
                    raw_prefix(day_.date), kRawFile, day_.raw.row_count));
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("raw data of {}: {}", day_.date.to_string(), why));
  }

  const SplitOptions& options_;
  const SplitDay& day_;
  engine::Session& session_;
  std::string source_;
  std::string key_;
};

std::string settings_hash(const SplitOptions& options) {
  return sha256_hex(format_json({{"format", kSplitFormat},
                                 {"key", options.roles.key},
                                 {"target", options.roles.target},
                                 {"test_fraction", options.rule.test_fraction},
                                 {"stratify_bins", options.rule.stratify_bins}}));
}

Manifest wanted_manifest(const SplitDay& day, const std::string& settings,
                         const std::vector<SplitDay>& earlier) {
  Manifest manifest;
  manifest.dataset = "splits";
  manifest.date = day.date;
  manifest.row_count = day.raw.row_count;
  manifest.columns = {{"key", "VARCHAR"}, {"split", "TINYINT"}};
  manifest.inputs.emplace_back(raw_prefix(day.date), day.raw.hash());
  // One link of the chain: the split before has its own input, and so on to the first day.
  if (!earlier.empty())
    manifest.inputs.emplace_back(split_prefix(earlier.back().date), earlier.back().split.hash());
  manifest.settings_hash = settings;
  return manifest;
}

std::optional<Manifest> existing_split(const storage::ObjectStore& store, const Manifest& wanted) {
  try {
    const std::optional<Manifest> found = read_manifest(store, split_prefix(wanted.date));
    if (found && found->inputs == wanted.inputs && found->settings_hash == wanted.settings_hash) return found;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCorrupted) throw;  // damaged: it follows from the raw data, make it again
  }
  return std::nullopt;
}

}  // namespace

std::vector<SplitDay> ensure_splits(const SplitOptions& options, Date date, engine::Engine& engine,
                                    storage::ObjectStore& store, Progress& progress) {
  const std::string settings = settings_hash(options);
  const std::vector<Date> dates = raw_days(store, std::nullopt, date);
  const auto session = engine.new_session();
  std::vector<SplitDay> days;
  std::vector<std::string> earlier_files;
  for (const Date day_date : dates) {
    SplitDay day;
    day.date = day_date;
    day.raw = read_manifest(store, raw_prefix(day_date)).value();
    day.split = wanted_manifest(day, settings, days);
    if (const std::optional<Manifest> found = existing_split(store, day.split)) {
      day.split = *found;
    } else {
      progress.step("split " + day_date.to_string(), 0.0);
      storage::ScratchDir scratch(store);
      DaySplitter splitter(options, day, *session, store);
      splitter.write(splitter.split(earlier_files), scratch.path() / kSplitFile);
      seal(day.split, scratch.path());
      scratch.publish(split_prefix(day_date));
    }
    earlier_files.push_back(quote_literal(store.engine_uri(split_prefix(day_date) + "/" + kSplitFile)));
    days.push_back(std::move(day));
  }
  return days;
}

}  // namespace tidemill::pipeline
