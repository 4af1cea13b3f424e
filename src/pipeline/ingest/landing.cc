#include "pipeline/ingest/landing.h"

#include <algorithm>
#include <system_error>

#include <fmt/format.h>
#include <glob.h>

#include "base/error.h"
#include "base/text.h"

namespace tidemill::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDateMark = "{date}";

struct FormatRow {
  std::string_view name;  // in the project file
  FileFormat format;
  std::vector<std::string_view> endings;
};

const std::vector<FormatRow>& formats() {
  static const std::vector<FormatRow> kFormats = {
      {"csv", FileFormat::kCsv, {".csv", ".tsv", ".txt"}},
      {"json", FileFormat::kJsonLines, {".json", ".jsonl", ".ndjson"}},
      {"parquet", FileFormat::kParquet, {".parquet", ".pq"}},
  };
  return kFormats;
}

FileFormat format_of(const FilesSource& source, const fs::path& path) {
  std::vector<std::string> known;
  for (const FormatRow& row : formats()) {
    if (row.name == source.format) return row.format;
    known.emplace_back(row.name);
  }
  if (!source.format.empty()) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("source.format = '{}' is unknown; known: {}{}", source.format, join(known),
                            did_you_mean(source.format, known)));
  }
  std::string name = path.filename().string();
  if (name.ends_with(".gz")) name.resize(name.size() - 3);
  for (const FormatRow& row : formats()) {
    for (const std::string_view ending : row.endings) {
      if (name.ends_with(ending)) return row.format;
    }
  }
  throw Error(ErrorCode::kInvalidArgument,
              fmt::format("the ending of '{}' says no format: set source.format to one of {}", path.string(),
                          join(known)));
}

std::string replace_date(std::string pattern, Date date) {
  const std::string text = date.to_string();
  for (size_t at = pattern.find(kDateMark); at != std::string::npos; at = pattern.find(kDateMark, at)) {
    pattern.replace(at, kDateMark.size(), text);
    at += text.size();
  }
  return pattern;
}

// A path in which every character means itself, for glob(3).
std::string escape_glob(const std::string& path) {
  std::string escaped;
  for (const char c : path) {
    if (std::string_view("*?[]\\").find(c) != std::string_view::npos) escaped += '\\';
    escaped += c;
  }
  return escaped;
}

std::vector<std::string> expand(const std::string& pattern) {
  glob_t found{};
  // NOLINTNEXTLINE(concurrency-mt-unsafe): only a tilde, which is not expanded here, asks the user database
  const int outcome = ::glob(pattern.c_str(), GLOB_NOSORT, nullptr, &found);
  std::vector<std::string> paths;
  if (outcome == 0) paths.assign(found.gl_pathv, found.gl_pathv + found.gl_pathc);
  ::globfree(&found);
  if (outcome == GLOB_NOSPACE) throw Error(ErrorCode::kResourceExhausted, "no memory to list " + pattern);
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace

bool has_date_in_path(const FilesSource& source) {
  return source.glob.find(kDateMark) != std::string::npos;
}

fs::path landing_folder(const FilesSource& source, const fs::path& project_dir) {
  const std::string fixed = source.glob.substr(0, source.glob.find_first_of("*?[{\\"));
  return (fs::absolute(project_dir) / fixed.substr(0, fixed.rfind('/') + 1)).lexically_normal();
}

std::vector<LandingFile> find_landing_files(const FilesSource& source, Date date,
                                            const fs::path& project_dir) {
  if (source.glob.empty()) {
    throw Error(ErrorCode::kInvalidArgument, "source.glob says where the files land; it is empty");
  }
  if (!has_date_in_path(source) && source.date_column.empty()) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("source.glob = '{}' has no {{date}}: put it into the path, or name the column that "
                    "says a row's day as source.date_column",
                    source.glob));
  }
  const fs::path base = fs::absolute(project_dir).lexically_normal();
  const std::string pattern =
      (fs::path(escape_glob(base.string())) / replace_date(source.glob, date)).lexically_normal().string();
  std::vector<LandingFile> files;
  for (const std::string& path : expand(pattern)) {
    std::error_code failure;
    if (fs::is_directory(path, failure)) continue;
    const fs::path relative = fs::path(path).lexically_relative(base);
    const bool is_below = !relative.empty() && *relative.begin() != "..";
    LandingFile file{path, is_below ? relative.string() : path, format_of(source, path)};
    const uintmax_t size = fs::file_size(path, failure);
    if (failure) throw_system_error(failure.value(), "read", path);
    if (size == 0) throw Error(ErrorCode::kInvalidArgument, fmt::format("{} is empty (0 bytes)", file.name));
    files.push_back(std::move(file));
  }
  if (files.empty()) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("no data for {}: no file matches {} (source.glob = '{}')", date.to_string(),
                            replace_date(source.glob, date), source.glob));
  }
  return files;
}

}  // namespace tidemill::pipeline
