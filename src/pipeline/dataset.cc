#include "pipeline/dataset.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"

namespace tidemill::pipeline {
namespace {

namespace fs = std::filesystem;

constexpr int kManifestFormat = 1;

void write_text(const fs::path& path, const std::string& text) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wb"), &std::fclose);
  if (!file) throw_system_error(errno, "write", path.string());
  if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() || std::fflush(file.get()) != 0) {
    throw_system_error(errno, "write", path.string());
  }
}

}  // namespace

std::string raw_prefix(Date date) {
  return "raw_data/" + date.partition_path();
}
std::string split_prefix(Date date) {
  return "splits/" + date.partition_path();
}
std::string prepared_prefix(Date date) {
  return "prepared_data/" + date.to_string();
}

std::string Manifest::hash() const {
  return sha256_hex(format_json(to_json(*this)));
}

Json to_json(const Manifest& manifest) {
  Json columns = Json::array();
  for (const engine::Column& column : manifest.columns) {
    columns.push_back({{"name", column.name}, {"type", column.type}});
  }
  Json files = Json::array();
  for (const ManifestFile& file : manifest.files) {
    files.push_back({{"name", file.name}, {"size_bytes", file.size_bytes}, {"sha256", file.sha256}});
  }
  Json inputs = Json::array();
  for (const auto& [prefix, hash] : manifest.inputs) inputs.push_back({{"prefix", prefix}, {"hash", hash}});
  return {{"format", kManifestFormat},         {"dataset", manifest.dataset},
          {"date", manifest.date.to_string()}, {"row_count", manifest.row_count},
          {"columns", std::move(columns)},     {"files", std::move(files)},
          {"inputs", std::move(inputs)},       {"settings_hash", manifest.settings_hash}};
}

Manifest manifest_from_json(const Json& json, const std::string& place) {
  try {
    if (json.at("format").get<int>() != kManifestFormat) {
      throw Error(ErrorCode::kCorrupted,
                  fmt::format("{} has manifest format {}, this program reads format {}: use the version of "
                              "tidemill that wrote it",
                              place, json.at("format").dump(), kManifestFormat));
    }
    Manifest manifest;
    manifest.dataset = json.at("dataset").get<std::string>();
    manifest.date = Date::parse(json.at("date").get<std::string>());
    manifest.row_count = json.at("row_count").get<uint64_t>();
    manifest.settings_hash = json.at("settings_hash").get<std::string>();
    for (const Json& column : json.at("columns")) {
      manifest.columns.push_back(
          {column.at("name").get<std::string>(), column.at("type").get<std::string>()});
    }
    for (const Json& file : json.at("files")) {
      manifest.files.push_back({file.at("name").get<std::string>(), file.at("size_bytes").get<uint64_t>(),
                                file.at("sha256").get<std::string>()});
    }
    for (const Json& input : json.at("inputs")) {
      manifest.inputs.emplace_back(input.at("prefix").get<std::string>(),
                                   input.at("hash").get<std::string>());
    }
    return manifest;
  } catch (const nlohmann::json::exception& error) {
    throw Error(ErrorCode::kCorrupted, fmt::format("{} is not a manifest: {}", place, error.what()));
  }
}

void seal(Manifest& manifest, const fs::path& dir) {
  manifest.files.clear();
  for (const fs::directory_entry& entry : fs::directory_iterator(dir)) {
    const std::string name = entry.path().filename().string();
    if (name == kManifestFile) continue;
    manifest.files.push_back({name, entry.file_size(), sha256_hex_of_file(entry.path())});
  }
  std::sort(manifest.files.begin(), manifest.files.end(),
            [](const ManifestFile& a, const ManifestFile& b) { return a.name < b.name; });
  write_text(dir / kManifestFile, format_json(to_json(manifest)));
}

std::optional<Manifest> read_manifest(const storage::ObjectStore& store, const std::string& prefix) {
  const std::string key = prefix + "/" + kManifestFile;
  const std::optional<std::string> text = store.get(key);
  if (!text) return std::nullopt;
  Manifest manifest = manifest_from_json(parse_json(*text, key), key);
  for (const ManifestFile& file : manifest.files) {
    const auto info = store.head(prefix + "/" + file.name);
    if (!info || info->size_bytes != file.size_bytes) {
      throw Error(
          ErrorCode::kCorrupted,
          fmt::format("{}/{} {}, its manifest says {} bytes: restore it, or make the day again with --force",
                      prefix, file.name, info ? fmt::format("has {} bytes", info->size_bytes) : "is missing",
                      file.size_bytes));
    }
  }
  return manifest;
}

void verify_content(const storage::ObjectStore& store, const std::string& prefix, const Manifest& manifest) {
  for (const ManifestFile& file : manifest.files) {
    const std::optional<std::string> bytes = store.get(prefix + "/" + file.name);
    if (!bytes || sha256_hex(*bytes) != file.sha256) {
      throw Error(
          ErrorCode::kCorrupted,
          fmt::format("{}/{} is not what was written (sha256 differs from its manifest): restore it, or "
                      "make the day again with --force",
                      prefix, file.name));
    }
  }
}

std::vector<PublishedDay> published_days(const storage::ObjectStore& store, const std::string& dataset) {
  if (dataset != "raw_data" && dataset != "prepared_data") {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("'{}' is no dataset by days: use raw_data or prepared_data", dataset));
  }
  const char* pattern = dataset == "raw_data" ? "raw_data/year=%4d/month=%2d/day=%2d/manifest.json%n"
                                              : "prepared_data/%4d-%2d-%2d/manifest.json%n";
  std::vector<PublishedDay> days;
  for (const storage::ObjectInfo& object : store.list(dataset + "/")) {
    int year = 0, month = 0, day = 0, end = 0;
    if (std::sscanf(object.key.c_str(), pattern, &year, &month, &day, &end) != 3 ||
        end != static_cast<int>(object.key.size())) {
      continue;
    }
    const std::chrono::year_month_day found{std::chrono::year(year), std::chrono::month(month),
                                            std::chrono::day(day)};
    if (!found.ok()) continue;
    const auto date =
        Date::from_days(static_cast<int32_t>(std::chrono::sys_days(found).time_since_epoch().count()));
    days.push_back({date, object.last_modified_ms});
  }
  std::sort(days.begin(), days.end(), [](const auto& a, const auto& b) { return a.date < b.date; });
  return days;
}

std::vector<Date> raw_days(const storage::ObjectStore& store, std::optional<Date> from, Date to) {
  std::vector<Date> days;
  for (const PublishedDay& day : published_days(store, "raw_data")) {
    if (day.date <= to && (!from || day.date >= *from)) days.push_back(day.date);
  }
  return days;
}

}  // namespace tidemill::pipeline
