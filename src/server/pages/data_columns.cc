// How the values of a day's columns are spread.

#include <algorithm>

#include <fmt/format.h>

#include "base/date.h"
#include "pipeline/column_profile.h"
#include "server/pages/data_day.h"
#include "server/pages/figures.h"
#include "server/pages/histogram.h"
#include "server/pages/parts.h"
#include "server/pages/table_choice.h"

namespace tidemill::server::pages {
namespace {

constexpr size_t kNameBytes = 80;
constexpr size_t kExamplesShown = 4;

std::string value_text(const pipeline::ColumnProfile& column, double value) {
  if (!column.is_time) return number_text(value);
  const std::string text = format_utc_ms(static_cast<int64_t>(value / 1000));  // of microseconds
  return text.substr(0, 10) + " " + text.substr(11, 8);
}

Html number_card(const pipeline::ColumnProfile& column) {
  const pipeline::NumberProfile& numbers = *column.numbers;
  Histogram histogram{shortened(column.column.name, kNameBytes), {}};
  for (size_t bin = 0; bin < numbers.counts.size(); ++bin) {
    const double low = numbers.low + static_cast<double>(bin) * numbers.width;
    // A bin between halves holds one whole number, or whole numbers from one to another.
    const bool is_whole = numbers.low != numbers.min;
    const double from = is_whole ? low + 0.5 : low, to = low + numbers.width - (is_whole ? 0.5 : 0);
    const bool is_one = from == to || numbers.counts.size() == 1;
    histogram.bins.push_back(
        {is_one ? value_text(column, from) : value_text(column, from) + " to " + value_text(column, to),
         numbers.counts[bin]});
  }
  const std::vector<std::pair<std::string, Html>> spread = {{"Least", value_text(column, numbers.min)},
                                                            {"Median", value_text(column, numbers.median)},
                                                            {"Mean", value_text(column, numbers.mean)},
                                                            {"Greatest", value_text(column, numbers.max)}};
  return histogram_view(histogram) + facts(spread);
}

Html distinct_facts(const pipeline::TextProfile& texts) {
  const std::string count = count_text(texts.distinct_count);
  return facts({{"Different values", texts.distinct_is_exact ? count : "more than " + count}});
}

Html name_of(const std::string& text) {
  return element("span", {{"class", "frequent-name"}},
                 {text.empty() ? "(empty)" : shortened(text, kNameBytes)});
}

// Names and keys: there is nothing to count.
Html examples(const pipeline::TextProfile& texts) {
  std::vector<Html> items;
  for (const auto& [text, count] : texts.most_frequent) {
    if (items.size() < kExamplesShown) items.push_back(element("li", {}, {name_of(text)}));
  }
  return element("p", {{"class", "muted small"}}, {"No value appears twice; for example"}) +
         element("ul", {{"class", "frequent"}}, items) + distinct_facts(texts);
}

Html text_card(const pipeline::ColumnProfile& column) {
  const pipeline::TextProfile& texts = *column.texts;
  if (texts.most_frequent.front().second == 1) return examples(texts);
  const auto known = static_cast<double>(column.row_count - column.null_count);
  std::vector<Html> items;
  for (const auto& [text, count] : texts.most_frequent) {
    const double share = static_cast<double>(count) / known;
    items.push_back(
        element("li", {},
                {name_of(text), element("span", {{"class", "num"}}, {count_text(count)}), share_bar(share)}));
  }
  return element("ul", {{"class", "frequent"}}, items) + distinct_facts(texts);
}

Html column_card(const pipeline::ColumnProfile& column) {
  const double missing = column.row_count == 0
                             ? 0
                             : static_cast<double>(column.null_count) / static_cast<double>(column.row_count);
  const std::string missing_text =
      fmt::format("{} missing ({})", count_text(column.null_count), percent_text(missing));
  const Html spread = column.numbers ? number_card(column)
                      : column.texts ? text_card(column)
                                     : element("p", {{"class", "muted"}}, {"Every value is missing."});
  const char* kind = column.is_time ? "card column times"
                     : column.texts ? "card column texts"
                                    : "card column";
  return element(
      "section", {{"class", kind}},
      {element("header", {},
               {element("h2", {}, {shortened(column.column.name, kNameBytes)}),
                element("span", {{"class", "chip plain"}}, {shortened(column.column.type, kNameBytes)})}),
       element("p", {{"class", "muted small"}}, {missing_text}), spread});
}

}  // namespace

Html data_columns(Call& call, const DataDay& day) {
  const std::string file = shown_file(call, day);
  const ColumnRange range = column_range(call, day);
  const auto session = call.project.engine().new_session();
  const auto profiles = pipeline::profile_columns(
      *session, call.project.objects().engine_uri(day.prefix + "/" + file), range.columns);
  std::vector<Html> cards;
  for (const pipeline::ColumnProfile& column : profiles) cards.push_back(column_card(column));
  const pipeline::ProfileLimits limits;
  const bool is_part = !profiles.empty() && profiles.front().row_count == limits.row_count;
  const Html note =
      is_part ? notice("info", fmt::format("Of the first {} rows.", count_text(limits.row_count))) : Html();
  return table_choice(call, day, file) + note + element("div", {{"class", "cards"}}, cards) +
         column_pager(call, range);
}

}  // namespace tidemill::server::pages
