#include "pipeline/prepare/splits.h"

#include <algorithm>
#include <span>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "engine/parquet/file_writer.h"
#include "pipeline/prepare/day_rows.h"
#include "storage/scratch_dir.h"

namespace tidemill::pipeline {
namespace {

namespace parquet = engine::parquet;

constexpr int kSplitFormat = 2;  // raise when the same data gives other sides

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
  manifest.columns = {{"split", "TINYINT"}};
  manifest.inputs.emplace_back(raw_prefix(day.date), day.raw.hash());
  // One link of the chain: the split before has its own input, and so on to the first day.
  if (!earlier.empty())
    manifest.inputs.emplace_back(split_prefix(earlier.back().date), earlier.back().split.hash());
  manifest.settings_hash = settings;
  return manifest;
}

std::optional<Manifest> existing_split(const storage::ObjectStore& store, const Manifest& wanted) {
  try {
    std::optional<Manifest> found = read_manifest(store, split_prefix(wanted.date));
    if (found && found->inputs == wanted.inputs && found->settings_hash == wanted.settings_hash) return found;
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCorrupted) throw;  // damaged: it follows from the raw data, make it again
  }
  return std::nullopt;
}

void write_sides(const std::vector<Side>& sides, const std::filesystem::path& path) {
  std::vector<uint8_t> codes(sides.size());
  std::transform(sides.begin(), sides.end(), codes.begin(),
                 [](Side side) { return static_cast<uint8_t>(side); });
  parquet::FileWriter file(path);
  for (size_t begin = 0, group = 0; begin < codes.size(); begin += parquet::kRowGroupRows, ++group) {
    const size_t count = std::min(parquet::kRowGroupRows, codes.size() - begin);
    file.append(group, 0, parquet::encode_coded_int32s(std::span(codes).subspan(begin, count), {0, 1, 2}));
  }
  file.finish({{"split", parquet::ColumnType::kTinyint}});
}

}  // namespace

std::vector<SplitDay> ensure_splits(const SplitOptions& options, Date date, engine::Engine& engine,
                                    storage::ObjectStore& store, Progress& progress) {
  const std::string settings = settings_hash(options);
  std::vector<SplitDay> days;
  for (const Date day_date : raw_days(store, std::nullopt, date)) {
    SplitDay day;
    day.date = day_date;
    day.raw = read_manifest(store, raw_prefix(day_date)).value();
    day.split = wanted_manifest(day, settings, days);
    if (const std::optional<Manifest> found = existing_split(store, day.split)) {
      day.split = *found;
    } else {
      progress.step("split " + day_date.to_string(), 0.0);
      DayRows rows = read_day_rows(options, day, *engine.new_session(), store);
      rows.earlier = sides_of_returning_keys(options, day, rows, days, engine, store);
      storage::ScratchDir scratch(store);
      write_sides(decide_sides(rows, options.rule, options.thread_count), scratch.path() / kSplitFile);
      seal(day.split, scratch.path());
      scratch.publish(split_prefix(day_date));
    }
    days.push_back(std::move(day));
  }
  return days;
}

}  // namespace tidemill::pipeline
