#include "pipeline/ingest/ingest.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"
#include "base/parallel.h"
#include "pipeline/ingest/files.h"
#include "pipeline/ingest/row_checks.h"
#include "pipeline/ingest/synthetic.h"
#include "storage/scratch_dir.h"

namespace tidemill::pipeline {
namespace {

// Rows of one piece of work; several pieces are made at once.
constexpr uint64_t kPieceRows = 4096;

Manifest new_manifest(Date date) {
  Manifest manifest;
  manifest.dataset = "raw_data";
  manifest.date = date;
  return manifest;
}

// nullopt also when the day is damaged and is to be made again anyway.
std::optional<Manifest> published_day(const IngestOptions& options, Date date,
                                      const storage::ObjectStore& store) {
  try {
    return read_manifest(store, raw_prefix(date));
  } catch (const Error& error) {
    if (options.force && error.code() == ErrorCode::kCorrupted) return std::nullopt;
    throw;
  }
}

std::string settings_hash(const SyntheticCustomers& customers, const SyntheticSource& source, uint64_t seed) {
  return sha256_hex(format_json({{"source", "synthetic"},
                                 {"seed", seed},
                                 {"rows", customers.row_count()},
                                 {"missing", source.missing},
                                 {"outliers", source.outliers},
                                 {"noise", source.noise},
                                 {"drift", customers.drift()}}));
}

std::string settings_hash(const FilesSource& source, const TableRoles& roles) {
  return sha256_hex(format_json({{"source", "files"},
                                 {"date_column", source.date_column},
                                 {"format", source.format},
                                 {"types", source.types},
                                 {"key", roles.key},
                                 {"time", roles.time}}));
}

// Pieces made in parallel and put behind one another: the rows do not depend on the number of threads.
engine::RowSource rows_of(const SyntheticCustomers& customers, int thread_count, Progress& progress) {
  return [&customers, thread_count, &progress, next = uint64_t{0},
          pieces = std::vector<std::vector<engine::InputColumn>>()](
             std::vector<engine::InputColumn>& columns) mutable {
    const uint64_t begin = next;
    const uint64_t row_count = customers.row_count();
    if (begin == row_count) return false;
    progress.step("making rows", static_cast<double>(begin) / static_cast<double>(row_count));
    pieces.resize(static_cast<size_t>(std::max(thread_count, 1)) * 4);
    const uint64_t end = std::min(begin + pieces.size() * kPieceRows, row_count);
    const auto piece_count = static_cast<size_t>((end - begin + kPieceRows - 1) / kPieceRows);
    parallel_for(piece_count, thread_count, [&](size_t i) {
      const uint64_t from = begin + i * kPieceRows;
      customers.make_rows(from, std::min(from + kPieceRows, end), pieces[i]);
    });
    for (size_t c = 0; c < columns.size(); ++c) {
      columns[c].numbers.clear();
      columns[c].strings.clear();
      columns[c].is_null.clear();
      for (size_t i = 0; i < piece_count; ++i) {
        engine::InputColumn& piece = pieces[i][c];
        columns[c].numbers.insert(columns[c].numbers.end(), piece.numbers.begin(), piece.numbers.end());
        columns[c].strings.insert(columns[c].strings.end(), std::make_move_iterator(piece.strings.begin()),
                                  std::make_move_iterator(piece.strings.end()));
        columns[c].is_null.insert(columns[c].is_null.end(), piece.is_null.begin(), piece.is_null.end());
      }
    }
    next = end;
    return true;
  };
}

void check_against(const std::optional<HeldSchema>& held, const std::vector<engine::Column>& columns) {
  if (!held || held->columns == columns) return;
  throw schema_changed(*held, "the synthetic source", columns, [&](const std::string& name) {
    return find_column(held->columns, name)->type == find_column(columns, name)->type ? "" : "another type";
  });
}

IngestResult ingest_synthetic(const IngestOptions& options, const SyntheticSource& source, Date date,
                              engine::Engine& engine, storage::ObjectStore& store, Progress& progress) {
  if (const auto published = published_day(options, date, store); published && !options.force) {
    return {*published, true};
  }
  const SyntheticCustomers customers(source, options.seed, date);
  const std::vector<engine::Column>& columns = SyntheticCustomers::columns();
  require_roles(options.roles, columns, "the synthetic source");
  check_against(find_held_schema(store, date), columns);

  Manifest manifest = new_manifest(date);
  manifest.columns = columns;
  manifest.row_count = customers.row_count();
  manifest.settings_hash = settings_hash(customers, source, options.seed);
  storage::ScratchDir scratch(store);
  engine.new_session()->write_parquet(scratch.path() / kRawFile, columns,
                                      rows_of(customers, options.thread_count, progress));
  seal(manifest, scratch.path());
  scratch.publish(raw_prefix(date));
  return {manifest, false};
}

// The landing files as manifest inputs. Files that hold many days are none: they grow, and the day stays.
std::vector<std::pair<std::string, std::string>> inputs_of(const FilesSource& source,
                                                           const std::vector<LandingFile>& files) {
  std::vector<std::pair<std::string, std::string>> inputs;
  if (!has_date_in_path(source)) return inputs;
  for (const LandingFile& file : files) inputs.emplace_back(file.name, sha256_hex_of_file(file.path));
  return inputs;
}

bool has_same_rows(const Manifest& a, const Manifest& b) {
  const auto same_file = [](const ManifestFile& x, const ManifestFile& y) {
    return x.name == y.name && x.sha256 == y.sha256;
  };
  return a.columns == b.columns &&
         std::equal(a.files.begin(), a.files.end(), b.files.begin(), b.files.end(), same_file);
}

IngestResult ingest_files(const IngestOptions& options, const FilesSource& source, Date date,
                          engine::Engine& engine, storage::ObjectStore& store, Progress& progress) {
  const std::vector<LandingFile> files = find_landing_files(source, date, options.project_dir);
  Manifest manifest = new_manifest(date);
  manifest.inputs = inputs_of(source, files);
  manifest.settings_hash = settings_hash(source, options.roles);
  const std::optional<Manifest> published = published_day(options, date, store);
  const bool may_leave_alone = published && !options.force;
  if (may_leave_alone && !manifest.inputs.empty() && published->inputs == manifest.inputs &&
      published->settings_hash == manifest.settings_hash) {
    return {*published, true};
  }

  progress.step(fmt::format("reading {}{}", files[0].name,
                            files.size() > 1 ? fmt::format(" and {} more", files.size() - 1) : ""),
                0);
  storage::ScratchDir scratch(store);
  const std::filesystem::path path = scratch.path() / kRawFile;
  const auto session = engine.new_session();
  manifest.columns =
      write_day_of_files(options, source, date, files, find_held_schema(store, date), *session, path);
  progress.step("checking rows", 0.8);
  const std::string place =
      files.size() == 1 ? files[0].name : fmt::format("the files of {}", date.to_string());
  manifest.row_count = check_rows(path, manifest.columns, options.roles, place, *session);
  seal(manifest, scratch.path());
  if (may_leave_alone && has_same_rows(*published, manifest)) return {*published, true};
  scratch.publish(raw_prefix(date));
  return {manifest, false};
}

}  // namespace

IngestResult ingest(const IngestOptions& options, Date date, engine::Engine& engine,
                    storage::ObjectStore& store, Progress& progress) {
  IngestResult result = std::visit(
      [&](const auto& source) {
        if constexpr (std::is_same_v<std::decay_t<decltype(source)>, SyntheticSource>) {
          return ingest_synthetic(options, source, date, engine, store, progress);
        } else {
          return ingest_files(options, source, date, engine, store, progress);
        }
      },
      options.source);
  progress.step(fmt::format("{} rows for {}", result.manifest.row_count, date.to_string()), 1);
  return result;
}

}  // namespace tidemill::pipeline
