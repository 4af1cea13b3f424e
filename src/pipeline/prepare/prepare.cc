#include "pipeline/prepare/prepare.h"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "pipeline/prepare/inputs.h"
#include "pipeline/prepare/learn_and_write.h"
#include "pipeline/prepare/prepared_files.h"
#include "pipeline/prepare/render.h"
#include "storage/scratch_dir.h"

namespace tidemill::pipeline {
namespace {

namespace parquet = engine::parquet;

constexpr int kPreparedFormat = 2;  // raise when the same data gives other files

std::string settings_hash(const PrepareOptions& options, const std::string& engine_version) {
  Json features = Json::array();
  for (const FeatureDefinition& feature : options.features) {
    features.push_back({feature.name, feature.expression, feature.value, feature.group});
  }
  return sha256_hex(format_json({{"format", kPreparedFormat},
                                 {"engine_version", engine_version},
                                 {"key", options.roles.key},
                                 {"time", options.roles.time},
                                 {"target", options.roles.target},
                                 {"features", features},
                                 {"drop_columns", options.drop_columns},
                                 {"impute", static_cast<int>(options.impute)},
                                 {"cap_outliers", options.cap_outliers},
                                 {"uncapped_columns", options.uncapped_columns},
                                 {"scale", static_cast<int>(options.scale)},
                                 {"rare_category_share", options.rare_category_share}}));
}

void write_text(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.flush();
  if (!file) throw_system_error(errno, "write", path.string());
}

std::vector<parquet::ColumnSpec> prepared_columns(const Preparation& preparation,
                                                  const std::string& key_type) {
  std::vector<parquet::ColumnSpec> columns = {{preparation.roles.key, key_column_type(key_type)}};
  for (const std::string& name : preparation.preprocessing.output_names()) columns.push_back({name});
  columns.push_back({preparation.roles.target});
  return columns;
}

std::string sql_type(parquet::ColumnType type) {
  return type == parquet::ColumnType::kText     ? "VARCHAR"
         : type == parquet::ColumnType::kBigint ? "BIGINT"
                                                : "DOUBLE";
}

Manifest wanted_manifest(const PrepareOptions& options, Date date, const std::vector<SplitDay>& days,
                         const std::string& engine_version) {
  Manifest manifest;
  manifest.dataset = "prepared_data";
  manifest.date = date;
  for (const SplitDay& day : days) manifest.inputs.emplace_back(raw_prefix(day.date), day.raw.hash());
  for (const SplitDay& day : days) manifest.inputs.emplace_back(split_prefix(day.date), day.split.hash());
  manifest.settings_hash = settings_hash(options, engine_version);
  return manifest;
}

std::string stored_text(const storage::ObjectStore& store, const std::string& key) {
  const std::optional<std::string> text = store.get(key);
  if (!text) throw Error(ErrorCode::kCorrupted, key + " is missing: prepare the day again with --force");
  return *text;
}

PrepareResult result_of(const Manifest& manifest, const Preparation& preparation, const RowCounts& rows) {
  PrepareResult result;
  result.manifest = manifest;
  result.preparation = preparation;
  result.train_row_count = rows.train;
  result.test_row_count = rows.test;
  result.null_target_row_count = rows.null_target;
  return result;
}

// The finished day, if it was made from the same data with the same settings.
std::optional<PrepareResult> existing(const storage::ObjectStore& store, const Manifest& wanted) {
  const std::string prefix = prepared_prefix(wanted.date);
  std::optional<Manifest> found;
  try {
    found = read_manifest(store, prefix);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::kCorrupted) throw;  // damaged: it follows from the raw data, make it again
  }
  if (!found || found->inputs != wanted.inputs || found->settings_hash != wanted.settings_hash)
    return std::nullopt;
  const std::string preparation_key = prefix + "/" + kPreparationFile,
                    metadata_key = prefix + "/" + kFeatureMetadataFile;
  const Json preparation = parse_json(stored_text(store, preparation_key), preparation_key);
  const Json metadata = parse_json(stored_text(store, metadata_key), metadata_key);
  PrepareResult result = result_of(*found, preparation_from_json(preparation, preparation_key),
                                   row_counts_from_metadata(metadata, metadata_key));
  result.already_there = true;
  return result;
}

}  // namespace

PrepareResult prepare(const PrepareOptions& options, Date date, engine::Engine& engine,
                      storage::ObjectStore& store, Progress& progress) {
  const PrepareInputs inputs = read_inputs(options, date, engine, store, progress);
  Manifest manifest = wanted_manifest(options, date, inputs.days, engine.version());
  if (!options.force) {
    if (std::optional<PrepareResult> finished = existing(store, manifest)) return *finished;
  }

  const auto session = engine.new_session();
  progress.step("read the split", 0.1);
  const Window window(inputs.days, *session, store);
  check_sides(window, options.roles);
  const PrepareContext context = {options, inputs.plan, window, *session, store};
  const std::string key_type = inputs.type_of(options.roles.key);
  storage::ScratchDir scratch(store);
  PreparedFiles files(context, scratch.path());
  const Fitted fitted = learn_and_write(context, key_type, &files, progress);
  const Preparation preparation = make_preparation(options, inputs.plan, fitted, engine.version());
  const std::vector<parquet::ColumnSpec> columns = prepared_columns(preparation, key_type);
  files.finish(columns);
  const RowCounts rows = {window.train().count(), window.test().count(),
                          window.row_count() - window.used_count()};
  write_text(scratch.path() / kPreparationFile, format_json(to_json(preparation)));
  write_text(scratch.path() / kFeatureMetadataFile, format_json(feature_metadata(inputs.plan, fitted, rows)));
  progress.step("publish", 0.95);
  manifest.row_count = rows.train + rows.test;
  for (const parquet::ColumnSpec& column : columns)
    manifest.columns.push_back({column.name, sql_type(column.type)});
  seal(manifest, scratch.path());
  scratch.publish(prepared_prefix(date));
  progress.step("prepared", 1.0);
  return result_of(manifest, preparation, rows);
}

}  // namespace tidemill::pipeline
