#include "base/cron_fields.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill {
namespace {

enum Field : size_t { kMinute, kHour, kDay, kMonth, kWeekday, kSecond, kYear };

struct FieldRange {
  std::string_view name;
  int low, high;
};

constexpr std::array kRanges = {FieldRange{"minute", 0, 59},       FieldRange{"hour", 0, 23},
                                FieldRange{"day of month", 1, 31}, FieldRange{"month", 1, 12},
                                FieldRange{"day of week", 0, 6},   FieldRange{"second", 0, 59},
                                FieldRange{"year", 1970, 2099}};

constexpr std::array<std::string_view, 12> kMonths = {"jan", "feb", "mar", "apr", "may", "jun",
                                                      "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

template <size_t size>
int index_of(const std::array<std::string_view, size>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  return found == names.end() ? -1 : static_cast<int>(found - names.begin());
}

std::optional<int> digits(std::string_view text) {
  int value = 0;
  const char* end = text.data() + text.size();
  if (text.empty() || text.size() > 4 || text.front() == '-') return std::nullopt;
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc() && stop == end ? std::optional(value) : std::nullopt;
}

std::vector<std::string> split(std::string_view text, std::string_view separators, bool keep_empty) {
  std::vector<std::string> parts;
  while (true) {
    const size_t end = text.find_first_of(separators);
    if (keep_empty || end != 0) parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  if (!keep_empty && parts.back().empty()) parts.pop_back();
  return parts;
}

// What one field says, before it is known how the two day fields go together.
struct Values {
  std::set<int> numbers;
  bool star = false, last_day = false;
  std::optional<unsigned> nearest_weekday;
  std::set<std::pair<unsigned, unsigned>> nth_weekdays;
};

class FieldParser {
 public:
  FieldParser(std::string_view expression, size_t field) : expression_(expression), field_(field) {}

  Values parse(std::string text) const {
    refuse_jenkins_hash(text);
    if (text == "?" && (field_ == kDay || field_ == kWeekday)) text = "*";
    Values values;
    const std::vector<std::string> items = split(text, ",", true);
    for (const std::string& item : items) {
      if (!add_nearest_weekday(item, items.size(), values) && !add_nth_weekday(item, values)) {
        add_item(item, values, std::nullopt);
      }
    }
    return values;
  }

 private:
  const FieldRange& range() const { return kRanges.at(field_); }

  [[noreturn]] void refuse(std::string_view item, std::string_view why) const {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("cron '{}': '{}' is no {}: {}", expression_, item, range().name, why));
  }
  [[noreturn]] void refuse_range(std::string_view item) const {
    std::string names;
    if (field_ == kMonth) names = " or JAN to DEC";
    if (field_ == kWeekday) names = " or SUN to SAT (7 is Sunday too)";
    if (field_ == kDay) names = " or L, the last";
    refuse(item, fmt::format("write numbers from {} to {}{}, with commas, - and / between", range().low,
                             range().high, names));
  }

  void refuse_jenkins_hash(std::string_view text) const {
    if (text.empty() || (text.front() != 'h' && text.front() != 'r')) return;
    if (text.size() == 1 || text[1] == '/' || text[1] == '(') {
      refuse(text, "hashed and random times are not taken; write the time you want");
    }
  }

  // 15W and W15, alone in its field
  bool add_nearest_weekday(std::string_view item, size_t item_count, Values& values) const {
    if (field_ != kDay || item.size() < 2) return false;
    std::optional<int> day;
    if (item.back() == 'w') day = digits(item.substr(0, item.size() - 1));
    if (item.front() == 'w') day = digits(item.substr(1));
    if (!day) return false;
    if (*day < 1 || *day > 31) refuse_range(item);
    if (item_count > 1) refuse(item, "W stands alone, not in a list");
    values.nearest_weekday = static_cast<unsigned>(*day);
    values.numbers.insert(*day);
    return true;
  }

  // 5#2, FRI#2, MON-WED#2, and L5
  bool add_nth_weekday(std::string_view item, Values& values) const {
    if (field_ != kWeekday) return false;
    if (item.size() > 1 && item.front() == 'l' && digits(item.substr(1))) {
      add_item(item.substr(1), values, 0u);
      return true;
    }
    const size_t hash = item.find('#');
    if (hash == std::string_view::npos) return false;
    const std::optional<int> nth = digits(item.substr(hash + 1));
    if (!nth || *nth < 1 || *nth > 5) refuse(item, "what follows # is 1 to 5, the first to the fifth");
    const std::string_view days = item.substr(0, hash);
    if (days.find('-') != std::string_view::npos && !(days.front() >= 'a' && days.front() <= 'z')) {
      refuse(item, "before # stands one day, or a range of names as MON-WED#2");
    }
    if (days == "*" || days.find('/') != std::string_view::npos) refuse_range(item);
    add_item(days, values, static_cast<unsigned>(*nth));
    return true;
  }

  int number(std::string_view text, std::string_view item) const {
    std::optional<int> value = digits(text);
    if (!value && field_ == kMonth && index_of(kMonths, text) >= 0) value = index_of(kMonths, text) + 1;
    if (!value && field_ == kWeekday && index_of(kWeekdays, text) >= 0) value = index_of(kWeekdays, text);
    if (!value && field_ == kDay && text == "l") value = 31;  // the end of a range
    if (field_ == kWeekday && value == 7) value = 0;
    if (!value || *value < range().low || *value > range().high) refuse_range(item);
    return *value;
  }

  void add_item(std::string_view item, Values& values, std::optional<unsigned> nth) const {
    if (item == "*") {
      values.star = true;
    } else if (item == "l" && field_ == kDay) {
      values.last_day = true;
    } else {
      for (const int value : expand(item)) {
        values.numbers.insert(value);
        if (nth) values.nth_weekdays.emplace(static_cast<unsigned>(value), *nth);
      }
    }
  }

  // A value, or a range with or without a step.
  std::vector<int> expand(std::string_view item) const {
    const size_t slash = item.find('/');
    const std::string_view bounds = item.substr(0, slash);
    int step = 1;
    if (slash != std::string_view::npos) {
      const std::optional<int> given = digits(item.substr(slash + 1));
      if (!given || *given == 0) refuse(item, "what follows / is a number above 0");
      step = *given;
    }
    const size_t dash = bounds.find('-');
    if (bounds == "*") return stepped(range().low, range().high, step);
    if (dash == std::string_view::npos) {
      if (bounds == "l") refuse_range(item);
      const int low = number(bounds, item);
      return stepped(low, slash == std::string_view::npos ? low : range().high, step);
    }
    if (bounds.substr(0, dash) == "l") refuse_range(item);
    const int low = number(bounds.substr(0, dash), item), high = number(bounds.substr(dash + 1), item);
    // croniter reads a range from a value to itself as once around.
    if (low == high) return stepped(range().low, range().high, step);
    return low < high ? stepped(low, high, step) : around(low, high, step);
  }

  static std::vector<int> stepped(int low, int high, int step) {
    std::vector<int> values;
    for (int value = low; value <= high; value += step) values.push_back(value);
    return values;
  }

  // Over the end of the field to its beginning: NOV-FEB. The step goes on over the end.
  std::vector<int> around(int low, int high, int step) const {
    std::vector<int> values = stepped(low, range().high, step);
    const int left = range().high - values.back();
    const bool steps_over = values.back() - range().low + step > range().high - range().low + 1;
    const int skipped = steps_over && left < step ? step - left : 0;
    const std::vector<int> rest = stepped(range().low + skipped, high, step);
    values.insert(values.end(), rest.begin(), rest.end());
    return values;
  }

  std::string_view expression_;
  size_t field_;
};

bool is_full(const Values& values, size_t field) {
  const size_t count = values.numbers.size() + (values.last_day ? 1 : 0);
  const int range_size = kRanges.at(field).high - kRanges.at(field).low + 1;
  return static_cast<int>(count) == range_size;
}

template <size_t size>
void set_bits(std::bitset<size>& bits, const Values& values, size_t field, int first = 0) {
  if (values.star) {
    for (int value = kRanges.at(field).low; value <= kRanges.at(field).high; ++value) {
      bits.set(static_cast<size_t>(value - first));
    }
  }
  for (const int value : values.numbers) bits.set(static_cast<size_t>(value - first));
}

}  // namespace

CronFields parse_cron_fields(std::string_view expression) {
  std::string lower(expression);
  for (char& sign : lower) {
    if (sign >= 'A' && sign <= 'Z') sign = static_cast<char>(sign | 0x20);
  }
  const std::vector<std::string> texts = split(lower, " \t\n\r\f\v", false);
  if (texts.size() < 5 || texts.size() > 7) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("cron '{}' has {} fields: write minute, hour, day of month, month, day of week",
                            expression, texts.size()));
  }
  std::vector<Values> values;
  for (size_t field = 0; field < texts.size(); ++field) {
    values.push_back(FieldParser(expression, field).parse(texts[field]));
  }
  CronFields fields;
  fields.field_count = texts.size();
  set_bits(fields.minutes, values[kMinute], kMinute);
  set_bits(fields.hours, values[kHour], kHour);
  set_bits(fields.days, values[kDay], kDay);
  set_bits(fields.months, values[kMonth], kMonth);
  set_bits(fields.weekdays, values[kWeekday], kWeekday);
  if (texts.size() > kSecond) {
    set_bits(fields.seconds, values[kSecond], kSecond);
  } else {
    fields.seconds.set(0);
  }
  if (texts.size() > kYear) {
    set_bits(fields.years, values[kYear], kYear, kFirstCronYear);
  } else {
    fields.years.set();
  }
  // All days written out count as * where the other day field has a * too, as in croniter.
  fields.any_day =
      values[kDay].star || (is_full(values[kDay], kDay) && texts[kWeekday].find('*') != texts[0].npos);
  fields.any_weekday = values[kWeekday].star ||
                       (is_full(values[kWeekday], kWeekday) && texts[kDay].find('*') != texts[0].npos);
  fields.last_day = values[kDay].last_day;
  const bool all_hours = is_full(values[kHour], kHour);
  fields.every_hour = values[kHour].star ? values[kHour].numbers.empty() : all_hours;
  fields.nearest_weekday = values[kDay].nearest_weekday;
  fields.nth_weekdays = values[kWeekday].nth_weekdays;
  for (size_t day = 0; day < 7 && !fields.nth_weekdays.empty() && !is_full(values[kWeekday], kWeekday);
       ++day) {
    const auto is_day = [&](const auto& nth) { return nth.first == day; };
    if (values[kWeekday].numbers.contains(static_cast<int>(day)) &&
        std::none_of(fields.nth_weekdays.begin(), fields.nth_weekdays.end(), is_day)) {
      throw Error(
          ErrorCode::kInvalidArgument,
          fmt::format("cron '{}': days of the week with # or L and days without do not mix", expression));
    }
  }
  return fields;
}

}  // namespace tidemill
