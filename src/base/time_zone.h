#pragma once
// What the clocks on the wall show in a place, and when: local time to UTC and back, with daylight saving.
//
// Reads the system's compiled time zones (TZif, RFC 8536) itself, also the rule in their last line that holds
// after the last listed change. The `date` library of Debian 12 (3.0.1) stops at that list, in 2037, and
// would be one more shared library of the program; std::chrono has zones from GCC 14 on.
//
// Instants are milliseconds since 1970-01-01T00:00:00Z. Local times are the same count for what the clock
// shows, as if it stood in UTC.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace tidemill {

class TimeZone {
 public:
  // Needs no file.
  static TimeZone utc();

  // "Europe/Berlin"; "UTC", "Etc/UTC" and "" are utc(). Reads one file of some kilobytes: keep what it
  // returns. Errors: kInvalidArgument for a name that the folder does not have, with the nearest that it has;
  // kNotFound when there is no folder (no tzdata installed); kCorrupted when the file is no TZif.
  static TimeZone find(std::string_view name, const std::filesystem::path& folder = "/usr/share/zoneinfo");

  const std::string& name() const;

  // Seconds to add to UTC.
  int32_t offset_s(int64_t utc_ms) const;

  int64_t to_local(int64_t utc_ms) const { return utc_ms + int64_t{1000} * offset_s(utc_ms); }

  // A local time that comes twice is the second of the two; one that is skipped is read with the offset
  // before the change, so it lands as much after the change as it stood after the gap began (02:30 is 03:30).
  // Source: airflow._shared.timezones.timezone.make_aware, which sets fold=1, and pendulum's
  // Timezone.convert.
  int64_t to_utc(int64_t local_ms) const;

  // "2026-11-23T00:00:00+00:00", as Python's isoformat: with milliseconds as .123000 only when there are any.
  std::string isoformat(int64_t utc_ms) const;

 private:
  struct Rules;
  explicit TimeZone(std::shared_ptr<const Rules> rules) : rules_(std::move(rules)) {}
  std::shared_ptr<const Rules> rules_;
};

}  // namespace tidemill
