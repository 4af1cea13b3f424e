#include "server/pages/log_lines.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace tidemill::server::pages {
namespace {

using workflow::LogRecord;

constexpr int64_t kReadBytes = 256 << 10, kSearchReadBytes = 1 << 20, kMaxSearchBytes = 4 << 20;
constexpr std::string_view kGroup = "::group::", kEndGroup = "::endgroup::";
constexpr std::array<std::string_view, 5> kLevels = {"debug", "info", "warning", "error", "critical"};

size_t rank_of(std::string_view level) {
  const auto found = std::find(kLevels.begin(), kLevels.end(), level);
  return found == kLevels.end() ? 1 : static_cast<size_t>(found - kLevels.begin());
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

size_t find_ignoring_case(std::string_view text, std::string_view wanted, size_t from) {
  const auto found = std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(), wanted.begin(),
                                 wanted.end(), [](char a, char b) { return lower(a) == lower(b); });
  return found == text.end() ? std::string_view::npos : static_cast<size_t>(found - text.begin());
}

// Without the colours of terminals: ESC [ parameters letter.
std::string without_colours(std::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\x1b' || i + 1 >= text.size() || text[i + 1] != '[') {
      plain += text[i];
      continue;
    }
    for (i += 2; i < text.size() && (text[i] < '@' || text[i] > '~');) ++i;
  }
  return plain;
}

Html marked(const std::string& text, const std::string& wanted) {
  if (wanted.empty()) return text;
  Html html;
  size_t from = 0;
  for (size_t at = 0; (at = find_ignoring_case(text, wanted, from)) != std::string::npos;
       from = at + wanted.size()) {
    html += Html(text.substr(from, at - from)) + element("mark", {}, {text.substr(at, wanted.size())});
  }
  return html + text.substr(from);
}

// "06:00:00.123" of "2026-11-23T06:00:00.123456Z".
std::string time_of(const std::string& timestamp) {
  return timestamp.size() < 23 || timestamp[10] != 'T' ? timestamp : timestamp.substr(11, 12);
}

Html line_of(const LogRecord& record, const std::string& event, const LogQuery& query) {
  const bool is_known = std::find(kLevels.begin(), kLevels.end(), record.level) != kLevels.end();
  const bool is_usual = !is_known || record.level == "info";
  Html line;
  if (!record.timestamp.empty()) line += element("time", {}, {time_of(record.timestamp)});
  if (!is_usual) {
    std::string level = record.level;
    std::transform(level.begin(), level.end(), level.begin(),
                   [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
    line += element("b", {}, {level});
  }
  return element("p", {{"class", is_usual ? std::nullopt : std::optional(record.level)}},
                 {line, marked(event, query.text)});
}

bool is_wanted(const LogRecord& record, const std::string& event, const LogQuery& query) {
  if (!query.level.empty() && rank_of(record.level) < rank_of(query.level)) return false;
  return query.text.empty() || find_ignoring_case(event, query.text, 0) != std::string::npos;
}

// Lines below a title that folds them away, unless there is something grave among them.
class Group {
 public:
  explicit Group(std::string title) : title_(std::move(title)) {}
  void add(const LogRecord& record, const Html& line) {
    is_grave_ = is_grave_ || rank_of(record.level) >= rank_of("warning");
    lines_ += line;
  }
  Html html(bool is_ended) const {
    return element("details",
                   {{"class", is_ended ? std::nullopt : std::optional("unended")},
                    {"open", is_grave_ || !is_ended ? std::optional("") : std::nullopt}},
                   {element("summary", {}, {title_}), lines_});
  }

 private:
  std::string title_;
  Html lines_;
  bool is_grave_ = false;
};

}  // namespace

Html render_log(const std::vector<LogRecord>& records, const LogQuery& query) {
  Html all;
  std::optional<Group> group;
  for (const LogRecord& record : records) {
    const std::string event = without_colours(record.event);
    if (!query.is_all()) {  // what is found stands for itself
      if (is_wanted(record, event, query)) all += line_of(record, event, query);
    } else if (event.starts_with(kGroup)) {
      if (group) all += group->html(/*is_ended=*/true);
      group.emplace(event.substr(kGroup.size()));
    } else if (event.starts_with(kEndGroup)) {
      all += group ? group->html(/*is_ended=*/true) : element("i", {{"class", "group-end"}, {"hidden", ""}});
      group.reset();
    } else if (group) {
      group->add(record, line_of(record, event, query));
    } else {
      all += line_of(record, event, query);
    }
  }
  if (group) all += group->html(/*is_ended=*/false);
  return all;
}

LogPiece lines_before(const std::filesystem::path& path, std::optional<int64_t> before,
                      const LogQuery& query) {
  const int64_t end = before.value_or(workflow::next_line_start(path, INT64_MAX / 2));
  LogPiece piece{{}, end, end};
  bool is_full = false;
  for (int64_t window = query.is_all() ? kReadBytes : kSearchReadBytes; piece.begin > 0 && !is_full;) {
    const int64_t start = workflow::next_line_start(path, std::max<int64_t>(0, piece.begin - window));
    if (start >= piece.begin) {  // within a line that is longer
      window *= 2;
      continue;
    }
    auto read = workflow::read_log(path, start, static_cast<size_t>(piece.begin - start));
    if (piece.begin == end && !before) piece.end = std::max(read.next_offset, start);
    const size_t all = read.records.size();
    Html lines = render_log(read.records, query);
    while (lines.text().size() + piece.lines.text().size() > kMaxPieceBytes && read.records.size() > 1) {
      read.records.erase(read.records.begin(),
                         read.records.begin() + static_cast<std::ptrdiff_t>(read.records.size() / 2));
      lines = render_log(read.records, query);
    }
    const size_t dropped = all - read.records.size();
    piece.lines = lines + piece.lines;
    piece.begin = dropped > 0 ? read.offsets[dropped] : start;
    is_full = dropped > 0 || query.is_all() || end - piece.begin >= kMaxSearchBytes;
  }
  return piece;
}

LogPiece lines_from(const std::filesystem::path& path, int64_t from, const LogQuery& query) {
  const int64_t begin = std::max<int64_t>(from, 0);
  const auto read = workflow::read_log(path, begin, kReadBytes);
  return {render_log(read.records, query), begin, read.next_offset};
}

}  // namespace tidemill::server::pages
