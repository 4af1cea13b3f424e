#include "base/time_zone.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"
#include "base/posix_time_zone.h"
#include "base/text.h"

namespace tidemill {
namespace {

namespace chr = std::chrono;
namespace fs = std::filesystem;

constexpr size_t kHeaderBytes = 44;

// Big-endian numbers one after the other; past the end it reads zeros and remembers.
class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
  bool overran() const { return overran_; }
  std::string_view rest() const { return bytes_; }

  std::string_view take(size_t count) {
    if (count > bytes_.size()) {
      overran_ = true;
      count = bytes_.size();
    }
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  int64_t number(size_t width) {
    uint64_t value = 0;
    const std::string_view digits = take(width);
    for (const char byte : digits) value = value << 8 | static_cast<unsigned char>(byte);
    return width == 4 ? static_cast<int32_t>(value) : static_cast<int64_t>(value);
  }

 private:
  std::string_view bytes_;
  bool overran_ = false;
};

struct Counts {
  size_t utc_flags = 0, standard_flags = 0, leaps = 0, times = 0, types = 0, characters = 0;

  size_t body_bytes(size_t time_width) const {
    return times * (time_width + 1) + types * 6 + characters + leaps * (time_width + 4) + standard_flags +
           utc_flags;
  }
};

bool read_header(Bytes& bytes, Counts& counts, char& version) {
  if (bytes.rest().size() < kHeaderBytes || bytes.take(4) != "TZif") return false;
  version = bytes.take(1).front();
  bytes.take(15);
  for (size_t* count : {&counts.utc_flags, &counts.standard_flags, &counts.leaps, &counts.times,
                        &counts.types, &counts.characters}) {
    *count = static_cast<size_t>(bytes.number(4));
  }
  return counts.types > 0 && counts.types < 256 && counts.times < 100'000 && counts.leaps < 1000;
}

// Europe/Berlin and the like below the folder, but not its tables and copies.
std::vector<std::string> zone_names(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code ignored;
  for (fs::recursive_directory_iterator entry(folder, ignored), end; entry != end; entry.increment(ignored)) {
    const std::string name = entry->path().lexically_relative(folder).string();
    if (name.front() >= 'A' && name.front() <= 'Z' && name.find('.') == std::string::npos &&
        entry->is_regular_file(ignored)) {
      names.push_back(name);
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.front() >= 'A' && name.front() <= 'Z' &&
         name.find("..") == std::string_view::npos && name.find('\0') == std::string_view::npos;
}

}  // namespace

struct TimeZone::Rules {
  std::string name;
  int32_t first_offset_s = 0;
  std::vector<int64_t> changes_s;      // UTC, ascending
  std::vector<int32_t> offsets_s;      // from each change on
  std::optional<PosixTimeZone> later;  // from the last change on

  bool read(std::string_view file);
};

bool TimeZone::Rules::read(std::string_view file) {
  Bytes bytes(file);
  Counts counts;
  char version = 0;
  if (!read_header(bytes, counts, version)) return false;
  size_t width = 4;
  if (version >= '2') {  // all again, with 64 bits
    bytes.take(counts.body_bytes(4));
    width = 8;
    if (!read_header(bytes, counts, version)) return false;
  }
  if (counts.leaps > 0) return false;  // "right" zones, which count leap seconds
  for (size_t i = 0; i < counts.times; ++i) changes_s.push_back(bytes.number(width));
  const std::string_view indexes = bytes.take(counts.times);
  std::vector<int32_t> types;
  for (size_t i = 0; i < counts.types; ++i) {
    types.push_back(static_cast<int32_t>(bytes.number(4)));
    bytes.take(2);
  }
  for (const char index : indexes) {
    if (static_cast<unsigned char>(index) >= types.size()) return false;
    offsets_s.push_back(types[static_cast<unsigned char>(index)]);
  }
  first_offset_s = types.front();
  bytes.take(counts.characters + counts.standard_flags + counts.utc_flags);
  if (bytes.overran() || !std::is_sorted(changes_s.begin(), changes_s.end())) return false;
  std::string_view footer = bytes.rest();
  if (footer.size() > 2 && footer.front() == '\n' && footer.back() == '\n') {
    later = PosixTimeZone::parse(footer.substr(1, footer.size() - 2));
  }
  return true;
}

TimeZone TimeZone::utc() {
  auto rules = std::make_shared<Rules>();
  rules->name = "UTC";
  return TimeZone(std::move(rules));
}

TimeZone TimeZone::find(std::string_view name, const fs::path& folder) {
  if (name.empty() || name == "UTC" || name == "Etc/UTC" || name == "utc") return utc();
  std::error_code ignored;
  const fs::path path = folder / fs::path(name);
  if (!is_plain_name(name) || !fs::is_regular_file(path, ignored)) {
    const std::vector<std::string> names = zone_names(folder);
    if (names.empty()) {
      throw Error(ErrorCode::kNotFound,
                  fmt::format("no time zones in '{}': install tzdata, or use UTC instead of '{}'",
                              folder.string(), name));
    }
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("unknown time zone '{}'{}", name, did_you_mean(name, names)));
  }
  std::ifstream file(path, std::ios::binary);
  const std::string content((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  auto rules = std::make_shared<Rules>();
  rules->name = name;
  if (!rules->read(content)) {
    throw Error(ErrorCode::kCorrupted, fmt::format("'{}' is no time zone file (TZif)", path.string()));
  }
  return TimeZone(std::move(rules));
}

const std::string& TimeZone::name() const {
  return rules_->name;
}

int32_t TimeZone::offset_s(int64_t utc_ms) const {
  const int64_t utc_s = chr::floor<chr::seconds>(chr::milliseconds(utc_ms)).count();
  const auto next = std::upper_bound(rules_->changes_s.begin(), rules_->changes_s.end(), utc_s);
  if (next == rules_->changes_s.end() && rules_->later) return rules_->later->offset_s(utc_s);
  if (next == rules_->changes_s.begin()) return rules_->first_offset_s;
  return rules_->offsets_s[static_cast<size_t>(next - rules_->changes_s.begin()) - 1];
}

int64_t TimeZone::to_utc(int64_t local_ms) const {
  // Offsets lie between -12 and +14 hours: no change in this window means no doubt.
  constexpr int64_t kWindowMs = int64_t{15} * 3'600'000;
  const int32_t before_s = offset_s(local_ms - kWindowMs), after_s = offset_s(local_ms + kWindowMs);
  const int64_t early = local_ms - int64_t{1000} * before_s, late = local_ms - int64_t{1000} * after_s;
  const bool early_exists = offset_s(early) == before_s, late_exists = offset_s(late) == after_s;
  if (early_exists && late_exists) return std::max(early, late);
  return late_exists ? late : early;
}

std::string TimeZone::isoformat(int64_t utc_ms) const {
  const int32_t offset = offset_s(utc_ms), size = std::abs(offset);
  const chr::sys_time<chr::milliseconds> local{chr::milliseconds(to_local(utc_ms))};
  const chr::sys_days day = chr::floor<chr::days>(local);
  const chr::year_month_day date(day);
  const int64_t in_day = (local - day).count();
  std::string text = fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                                 static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                                 in_day / 3'600'000, in_day / 60'000 % 60, in_day / 1000 % 60);
  if (in_day % 1000 != 0) text += fmt::format(".{:03}000", in_day % 1000);
  text += fmt::format("{}{:02}:{:02}", offset < 0 ? '-' : '+', size / 3600, size / 60 % 60);
  if (size % 60 != 0) text += fmt::format(":{:02}", size % 60);
  return text;
}

}  // namespace tidemill
