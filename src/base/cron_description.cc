#include "base/cron_description.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <functional>
#include <optional>
#include <vector>

#include <fmt/format.h>

namespace tidemill {
namespace {

// What cannot be said is said by no words at all, as in Airflow; it is thrown in here only.
struct NoWords {};

constexpr std::array<std::string_view, 7> kDays = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                   "Thursday", "Friday", "Saturday"};
constexpr std::array<std::string_view, 12> kMonths = {"January",   "February", "March",    "April",
                                                      "May",       "June",     "July",     "August",
                                                      "September", "October",  "November", "December"};

bool has_any(std::string_view text, std::string_view signs) {
  return text.find_first_of(signs) != std::string_view::npos;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from, at + to.size())) {
    text.replace(at, from.size(), to);
  }
}

// "{0}" and "{1}" of a phrase
std::string filled(std::string_view phrase, std::string_view first, std::string_view second = "") {
  std::string text(phrase);
  replace_all(text, "{1}", second);
  replace_all(text, "{0}", first);
  return text;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  while (true) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

int to_int(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) throw NoWords();
  return value;
}

std::string time_text(std::string_view hour, std::string_view minute) {
  return fmt::format("{:02}:{:02}", to_int(hour), to_int(minute));
}

using Phrase = std::function<std::string(const std::string&)>;

Phrase fixed(std::string_view phrase) {
  return [text = std::string(phrase)](const std::string&) { return text; };
}

// How one field speaks.
struct Words {
  std::string all;                          // for *
  Phrase item;                              // one value
  Phrase interval;                          // for /n
  Phrase between;                           // for a-b
  Phrase phrase;                            // around values
  std::string range = ", {0} through {1}";  // a-b within a list
};

std::string between_text(const std::string& expression, const std::string& phrase, const Words& words) {
  const std::vector<std::string> ends = split(expression, '-');
  if (ends.size() < 2) throw NoWords();
  std::string last = words.item(ends[1]);
  replace_all(last, ":00", ":59");
  return filled(phrase, words.item(ends[0]), last);
}

std::string without_commas(std::string text) {
  replace_all(text, ", ", "");
  return text;
}

std::string step_in_list(const std::string& segment, const Words& words) {
  const std::vector<std::string> parts = split(segment, '/');
  std::string text = filled(words.interval(parts[1]), parts[1]);
  if (text.starts_with(", ")) text.erase(0, 2);
  if (parts[0].find('-') != std::string::npos) {
    text += ", " + without_commas(between_text(parts[0], words.range, words));
  } else if (parts[0] != "*") {
    text += ", starting " + words.item(parts[0]);
  }
  return text;
}

std::string list_text(const std::string& expression, const Words& words) {
  const std::vector<std::string> segments = split(expression, ',');
  std::string content;
  for (size_t i = 0; i < segments.size(); ++i) {
    if (i > 0 && segments.size() > 2) content += i + 1 < segments.size() ? ", " : ",";
    if (i > 0 && (i + 1 == segments.size() || segments.size() == 2)) content += " and ";
    if (segments[i].find('/') != std::string::npos) {
      content += step_in_list(segments[i], words);
    } else if (segments[i].find('-') != std::string::npos) {
      content += without_commas(between_text(segments[i], words.range, words));
    } else {
      content += words.item(segments[i]);
    }
  }
  return filled(words.phrase(expression), content);
}

std::string segment_text(const std::string& expression, const Words& words) {
  if (expression == "*") return words.all;
  if (!has_any(expression, "/-,")) return filled(words.phrase(expression), words.item(expression));
  if (expression.find(',') != std::string::npos) return list_text(expression, words);
  if (expression.find('/') == std::string::npos)
    return between_text(expression, words.between(expression), words);
  const std::vector<std::string> parts = split(expression, '/');
  std::string text = filled(words.interval(parts[1]), parts[1]);
  if (parts[0].find('-') != std::string::npos) {
    const std::string between = between_text(parts[0], words.between(parts[0]), words);
    if (!between.starts_with(", ")) text += ", ";
    text += between;
  } else if (parts[0] != "*") {
    text += ", starting " + without_commas(filled(words.phrase(parts[0]), words.item(parts[0])));
  }
  return text;
}

struct Parts {
  std::string minute, hour, day, month, weekday;
};

// A Sunday of 7 is a Sunday of 0.
void renumber_sunday(std::string& weekday) {
  for (size_t at = 0; at < weekday.size(); ++at) {
    const bool part_of_other = at > 0 && (weekday[at - 1] == '#' || weekday[at - 1] == '/' ||
                                          (weekday[at - 1] >= '0' && weekday[at - 1] <= '9'));
    if (weekday[at] == '7' && !part_of_other) weekday[at] = '0';
  }
}

void upper(std::string& text) {
  for (char& sign : text) {
    if (sign >= 'a' && sign <= 'z') sign = static_cast<char>(sign & ~0x20);
  }
}

void number_names(std::string& text, const auto& names, size_t first) {
  upper(text);
  for (size_t i = 0; i < names.size(); ++i) {
    std::string name(names[i].substr(0, 3));
    upper(name);
    replace_all(text, name, std::to_string(i + first));
  }
}

void normalize(Parts& parts) {
  replace_all(parts.day, "?", "*");
  replace_all(parts.weekday, "?", "*");
  for (std::string* part : {&parts.minute, &parts.hour}) {
    if (part->starts_with("0/")) replace_all(*part, "0/", "*/");
  }
  for (std::string* part : {&parts.day, &parts.month, &parts.weekday}) {
    if (part->starts_with("1/")) replace_all(*part, "1/", "*/");
  }
  renumber_sunday(parts.weekday);
  number_names(parts.weekday, kDays, 0);
  number_names(parts.month, kMonths, 1);
  // "*/5 3" lasts an hour: 3-3.
  if (!has_any(parts.hour, "*-,/") && has_any(parts.minute, "*/")) parts.hour += "-" + parts.hour;
  for (std::string* part : {&parts.minute, &parts.hour, &parts.day, &parts.month, &parts.weekday}) {
    if (*part == "*/1") *part = "*";
  }
  for (const auto& [part, last] : {std::pair{&parts.month, "-12/"}, std::pair{&parts.weekday, "-6/"}}) {
    if (part->find('/') != std::string::npos && !has_any(*part, "*-,")) replace_all(*part, "/", last);
  }
}

std::string minutes_text(const Parts& parts) {
  const bool hour_range = parts.hour.find('-') != std::string::npos && !has_any(parts.hour, "/,");
  return segment_text(parts.minute, {.all = "every minute",
                                     .item = [](const std::string& text) { return text; },
                                     .interval = fixed("every {0} minutes"),
                                     .between = fixed("minutes {0} through {1} past the hour"),
                                     .phrase = [hour_range](const std::string& text) -> std::string {
                                       return text == "0" && !hour_range ? ""
                                                                         : "at {0} minutes past the hour";
                                     }});
}

std::string hours_text(const Parts& parts) {
  return segment_text(parts.hour, {.all = "every hour",
                                   .item = [](const std::string& text) { return time_text(text, "0"); },
                                   .interval = fixed("every {0} hours"),
                                   .between = fixed("between {0} and {1}"),
                                   .phrase = fixed("at {0}")});
}

std::string time_of_day_text(const Parts& parts) {
  constexpr std::string_view kSpecial = "/-,*";
  if (!has_any(parts.minute, kSpecial) && !has_any(parts.hour, kSpecial)) {
    return "At " + time_text(parts.hour, parts.minute);
  }
  if (has_any(parts.minute, "-") && !has_any(parts.minute, ",") && !has_any(parts.hour, kSpecial)) {
    const std::vector<std::string> ends = split(parts.minute, '-');
    return fmt::format("Every minute between {} and {}", time_text(parts.hour, ends[0]),
                       time_text(parts.hour, ends[1]));
  }
  if (has_any(parts.hour, ",") && !has_any(parts.hour, "-") && !has_any(parts.minute, kSpecial)) {
    const std::vector<std::string> hours = split(parts.hour, ',');
    std::string text = "At";
    for (size_t i = 0; i < hours.size(); ++i) {
      text += " " + time_text(hours[i], parts.minute);
      if (i + 2 < hours.size()) text += ",";
      if (i + 2 == hours.size()) text += " and";
    }
    return text;
  }
  const std::string minutes = minutes_text(parts), hours = hours_text(parts);
  return minutes + (minutes.empty() || hours.empty() ? "" : ", ") + hours;
}

std::string day_text(const Parts& parts) {
  const std::string& day = parts.day;
  if (day == "L") return ", on the last day of the month";
  const bool begins = day.size() > 1 && day.front() == 'W', ends = day.size() > 1 && day.back() == 'W';
  if (begins || ends) {
    const int number = to_int(begins ? day.substr(1) : day.substr(0, day.size() - 1));
    if (number == 1) return ", on the first weekday of the month";
    return fmt::format(", on the weekday nearest day {} of the month", number);
  }
  if (day == "*" && parts.weekday != "*") return "";
  return segment_text(day, {.all = ", every day",
                            .item = [](const std::string& text) { return text; },
                            .interval = [](const std::string& text) -> std::string {
                              return text == "1" ? ", every day" : ", every {0} days";
                            },
                            .between = fixed(", between day {0} and {1} of the month"),
                            .phrase = fixed(", on day {0} of the month")});
}

std::string month_text(const Parts& parts) {
  return segment_text(parts.month, {.all = "",
                                    .item = [](const std::string& text) -> std::string {
                                      const int month = to_int(text);
                                      if (month < 1 || month > 12) throw NoWords();
                                      return std::string(kMonths.at(static_cast<size_t>(month - 1)));
                                    },
                                    .interval = fixed(", every {0} months"),
                                    .between = fixed(", {0} through {1}"),
                                    .phrase = fixed(", only in {0}")});
}

std::string day_name(const std::string& text) {
  std::string number = text.substr(0, text.find('#'));
  replace_all(number, "L", "");
  const int day = to_int(number);
  if (day < 0 || day > 6) throw NoWords();
  return std::string(kDays.at(static_cast<size_t>(day)));
}

std::string weekday_phrase(const std::string& text, bool day_is_restricted) {
  constexpr std::array<std::string_view, 5> kNth = {"first", "second", "third", "fourth", "fifth"};
  if (const size_t hash = text.find('#'); hash != std::string::npos) {
    const std::string number = text.substr(hash + 1);
    const bool known = number.size() == 1 && number[0] >= '1' && number[0] <= '5';
    return fmt::format(", on the {} {{0}} of the month",
                       known ? kNth.at(static_cast<size_t>(number[0] - '1')) : "");
  }
  if (text.find('L') != std::string::npos) return ", on the last {0} of the month";
  return day_is_restricted ? ", or on {0}" : ", only on {0}";
}

// A step over named days is told in weeks: FRI/2.
std::optional<std::string> weeks_text(const std::string& weekday) {
  const size_t slash = weekday.find('/');
  if (slash == std::string::npos || weekday.find_first_not_of("0123456789", slash + 1) != std::string::npos) {
    return std::nullopt;
  }
  const std::string base = weekday.substr(0, slash), step = weekday.substr(slash + 1);
  Words words{.all = "",
              .item = day_name,
              .interval = fixed(", every {0} days of the week"),
              .between = fixed(", {0} through {1}"),
              .phrase = fixed(", only on {0}")};
  std::optional<std::string> days;
  if (base.find(',') != std::string::npos) {
    days = segment_text(base, words);
  } else if (base.find('-') != std::string::npos) {
    const std::vector<std::string> ends = split(base, '-');
    const int last = to_int(ends[1]), size = (last == 0 ? 7 : last) - to_int(ends[0]) + 1;
    if (to_int(step) >= size && last == 6) {
      days = filled(", only on {0}", day_name(ends[0]));
    } else if (to_int(step) >= size) {
      days = between_text(base, ", {0} through {1}", words);
    }
  }
  if (!days) return std::nullopt;
  return filled(", every {0} weeks", step) + *days;
}

std::string weekday_text(const Parts& parts) {
  if (parts.weekday == "*") return "";
  if (const std::optional<std::string> weeks = weeks_text(parts.weekday)) return *weeks;
  const bool restricted = parts.day != "*";
  return segment_text(parts.weekday, {.all = ", every day",
                                      .item = day_name,
                                      .interval = fixed(", every {0} days of the week"),
                                      .between = fixed(", {0} through {1}"),
                                      .phrase = [restricted](const std::string& text) {
                                        return weekday_phrase(text, restricted);
                                      }});
}

std::string sentence(Parts parts) {
  normalize(parts);
  std::string text = time_of_day_text(parts) + day_text(parts) + weekday_text(parts) + month_text(parts);
  for (const std::string_view verbose : {", every minute", ", every hour", ", every day"}) {
    replace_all(text, verbose, "");
  }
  if (text.ends_with(", ")) text.resize(text.size() - 2);
  if (text.ends_with(",")) text.pop_back();
  if (text.empty()) throw NoWords();
  if (text[0] >= 'a' && text[0] <= 'z') text[0] = static_cast<char>(text[0] & ~0x20);
  return text;
}

}  // namespace

std::string describe_cron(std::string_view expression) {
  std::vector<std::string> fields;
  for (const std::string& field : split(expression, ' ')) {
    if (!field.empty()) fields.push_back(field);
  }
  if (fields.size() != 5) return "";
  const Parts parts{fields[0], fields[1], fields[2], fields[3], fields[4]};
  try {
    if (parts.day == "*" || parts.weekday == "*") return sentence(parts);
    Parts by_day = parts, by_weekday = parts;
    by_day.weekday = by_weekday.day = "*";
    return sentence(by_day) + " (or) " + sentence(by_weekday);
  } catch (const NoWords&) {
    return "";
  }
}

}  // namespace tidemill
