#include "server/pages/parts.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "base/json.h"
#include "base/time_zone.h"
#include "net/http_client.h"
#include "server/pages/form_values.h"
#include "server/pages/layout.h"

namespace tidemill::server::pages {
namespace {

constexpr int64_t kSecondMs = 1000, kMinuteMs = 60 * kSecondMs, kHourMs = 60 * kMinuteMs,
                  kDayMs = 24 * kHourMs;
constexpr size_t kMaxJsonBytes = 8 << 10;

struct Done {
  std::string_view key, text;
};
constexpr std::array kDone = {
    Done{"triggered", "The run is queued."},
    Done{"paused", "Paused: nothing of it is started until it is switched on."},
    Done{"unpaused", "Switched on."},
    Done{"cleared", "Cleared: these tasks run again."},
    Done{"nothing-to-clear", "There was nothing to clear."},
    Done{"marked", "Marked."},
    Done{"noted", "The note is saved."},
    Done{"run-deleted", "The run is deleted."},
    Done{"saved", "Saved."},
    Done{"deleted", "Deleted."},
    Done{"backfill-created", "The backfill is created; its runs are queued."},
    Done{"backfill-canceled", "The backfill is cancelled."},
};

std::string field_id(const std::string& name) {
  return "field-" + name;
}

Html field(const std::string& label, const std::string& name, const Html& control, const Html& hint) {
  return element("div", {{"class", "field"}},
                 {element("label", {{"for", field_id(name)}}, {label}), control,
                  hint.empty() ? Html() : element("span", {{"class", "hint"}}, {hint})});
}

Attributes control_attributes(const std::string& name, const Attributes& more) {
  Attributes all = {{"id", field_id(name)}, {"name", name}};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

Html dash() {
  return element("span", {{"class", "muted"}}, {"–"});
}

}  // namespace

std::string state_name(const std::optional<workflow::TaskState>& state) {
  return state ? std::string(name_of(*state)) : "none";
}

Html state_chip(std::string_view state) {
  std::string words(state == "none" ? "no status" : state);
  std::replace(words.begin(), words.end(), '_', ' ');
  return element("span", {{"class", fmt::format("chip {}", state)}}, {words});
}

Html state_square(std::string_view state, const std::string& label, const std::string& path) {
  const std::string classes = fmt::format("square {}", state);
  if (path.empty()) {
    return element("span", {{"class", classes}, {"role", "img"}, {"aria-label", label}, {"title", label}});
  }
  return link(path, {}, {{"class", classes}, {"aria-label", label}, {"title", label}});
}

Html instant(const std::optional<int64_t>& ms) {
  if (!ms) return dash();
  const std::string iso = TimeZone::utc().isoformat(*ms);  // 2026-11-01T00:00:00.123000+00:00
  return element("time", {{"datetime", iso}}, {iso.substr(0, 10) + " " + iso.substr(11, 8)});
}

std::string duration_text(int64_t ms) {
  ms = std::max<int64_t>(ms, 0);
  if (ms < kSecondMs) return fmt::format("{} ms", ms);
  if (ms < 10 * kSecondMs) return fmt::format("{:.1f} s", static_cast<double>(ms / 100) / 10);
  if (ms < kMinuteMs) return fmt::format("{} s", ms / kSecondMs);
  if (ms < kHourMs && ms % kMinuteMs < kSecondMs) return fmt::format("{} min", ms / kMinuteMs);
  if (ms < kHourMs) return fmt::format("{}m {:02}s", ms / kMinuteMs, ms % kMinuteMs / kSecondMs);
  if (ms < kDayMs) return fmt::format("{}h {:02}m", ms / kHourMs, ms % kHourMs / kMinuteMs);
  return fmt::format("{}d {}h", ms / kDayMs, ms % kDayMs / kHourMs);
}

Html duration(const std::optional<int64_t>& start_ms, const std::optional<int64_t>& end_ms, int64_t now_ms) {
  if (!start_ms) return dash();
  if (end_ms) return duration_text(*end_ms - *start_ms);
  return element("time", {{"data-since", TimeZone::utc().isoformat(*start_ms)}},
                 {duration_text(now_ms - *start_ms)});
}

std::string dag_path(const std::string& dag_id) {
  return "/dags/" + net::percent_encode(dag_id);
}

std::string run_path(const std::string& dag_id, const std::string& run_id) {
  return dag_path(dag_id) + "/runs/" + net::percent_encode(run_id);
}

std::string task_path(const workflow::TaskKey& key) {
  return run_path(key.dag_id, key.run_id) + "/tasks/" + net::percent_encode(key.task_id);
}

std::string with_query(const std::string& path,
                       const std::vector<std::pair<std::string, std::string>>& query) {
  std::string text = path;
  char separator = '?';
  for (const auto& [name, value] : query) {
    if (value.empty()) continue;
    text += separator + net::percent_encode(name) + "=" + net::percent_encode(value);
    separator = '&';
  }
  return text;
}

std::string same_page_with(const Call& call, const std::string& name, const std::string& value) {
  std::vector<std::pair<std::string, std::string>> query;
  for (const auto& [key, old] : call.request.query) {
    if (key != name && key != "done") query.emplace_back(key, old);
  }
  query.emplace_back(name, value);
  return with_query(call.request.raw_path, query);
}

Html post_form(const Call& call, const std::string& path, const Attributes& attributes,
               const std::vector<Html>& content) {
  Attributes all = {{"method", "post"}, {"action", path}};
  all.insert(all.end(), attributes.begin(), attributes.end());
  return element("form", all, {csrf_field(call), join(content)});
}

Html hidden(const std::string& name, const std::string& value) {
  return element("input", {{"type", "hidden"}, {"name", name}, {"value", value}});
}

Html text_field(const std::string& label, const std::string& name, const std::string& value,
                const Attributes& attributes, const Html& hint) {
  Attributes all = control_attributes(name, attributes);
  all.push_back({"value", value});
  return field(label, name, element("input", all), hint);
}

Html text_area(const std::string& label, const std::string& name, const std::string& value,
               const Attributes& attributes, const Html& hint) {
  // Browsers drop a newline right behind the tag.
  return field(label, name,
               element("textarea", control_attributes(name, attributes), {Html::trusted("\n"), value}), hint);
}

Html choice_field(const std::string& label, const std::string& name, const std::string& value,
                  const std::vector<Choice>& choices) {
  std::vector<Html> options;
  for (const Choice& choice : choices) {
    Attributes attributes = {{"value", choice.value}};
    if (choice.value == value) attributes.push_back({"selected", ""});
    options.push_back(element("option", attributes, {choice.text}));
  }
  return field(label, name, element("select", control_attributes(name, {}), options), {});
}

Html check_box(const std::string& label, const std::string& name, bool is_checked) {
  Attributes attributes = {{"type", "checkbox"}, {"name", name}, {"value", "true"}};
  if (is_checked) attributes.push_back({"checked", ""});
  return element("label", {{"class", "check"}}, {element("input", attributes), label});
}

Html confirm(const Call& call, const std::string& button, const Html& question, const std::string& path,
             const std::string& yes, const std::vector<Html>& fields, const std::string& about) {
  const Html hidden_words =
      about.empty() ? Html() : element("span", {{"class", "visually-hidden"}}, {" " + about});
  return element("details", {{"class", "confirm"}},
                 {element("summary", {{"class", "button small"}}, {button, hidden_words}),
                  post_form(call, path, {},
                            {element("p", {}, {question}), join(fields),
                             element("button", {{"class", "danger small"}}, {yes})})});
}

Html pause_switch(const Call& call, const std::string& dag_id, bool is_paused, const std::string& back) {
  return post_form(call, dag_path(dag_id) + "/pause", {{"class", "switch-form"}},
                   {hidden("is_paused", is_paused ? "false" : "true"), hidden("back", back),
                    element("button", {{"class", "switch"},
                                       {"role", "switch"},
                                       {"aria-checked", is_paused ? "false" : "true"},
                                       {"aria-label", "Run " + dag_id},
                                       {"title", is_paused ? "Paused: switch on" : "On: pause"}})});
}

Html table(const std::vector<Column>& columns, const std::vector<TableRow>& rows, const Html& empty,
           const std::string& caption) {
  if (rows.empty()) {
    return element("div", {{"class", "table-wrap"}}, {element("p", {{"class", "empty"}}, {empty})});
  }
  std::vector<Html> heads;
  for (const Column& column : columns) {
    const Html head = column.kind == "actions" || column.kind == "pick"
                          ? element("span", {{"class", "visually-hidden"}}, {column.head})
                          : Html(column.head);
    heads.push_back(element(
        "th", {{"scope", "col"}, {"class", column.kind.empty() ? std::nullopt : std::optional(column.kind)}},
        {head}));
  }
  const bool has_title = std::any_of(columns.begin(), columns.end(),
                                     [](const Column& column) { return column.kind == "title"; });
  std::vector<Html> lines;
  for (const TableRow& row : rows) {
    std::vector<Html> cells;
    for (size_t i = 0; i < row.cells.size(); ++i) {
      const Column& column = columns.at(i);
      Attributes attributes;
      if (!column.kind.empty()) attributes.push_back({"class", column.kind});
      const bool is_title = column.kind == "title";
      const bool is_head = is_title || (!has_title && i == 0 && column.kind != "pick");
      if (is_head) attributes.push_back({"scope", "row"});
      const bool is_labelled = !is_title && column.kind != "actions" && column.kind != "pick";
      if (is_labelled) attributes.push_back({"data-label", column.head});
      cells.push_back(element(is_head ? "th" : "td", attributes, {row.cells[i]}));
    }
    lines.push_back(
        element("tr", {{"data-key", row.key.empty() ? std::nullopt : std::optional(row.key)}}, cells));
  }
  return element("div", {{"class", "table-wrap fold"}},
                 {element("table", {},
                          {caption.empty() ? Html() : element("caption", {}, {caption}),
                           element("thead", {}, {element("tr", {}, heads)}), element("tbody", {}, lines)})});
}

Html share_bar(double share) {
  const std::string width = fmt::format("{:.1f}%", 100 * std::clamp(share, 0.0, 1.0));
  return element("svg", {{"class", "bar"}, {"aria-hidden", "true"}},
                 {element("rect", {{"width", width}, {"height", "100%"}})});
}

Html facts(const std::vector<std::pair<std::string, Html>>& facts) {
  std::vector<Html> parts;
  for (const auto& [name, value] : facts) {
    parts.push_back(element("dt", {}, {name}));
    parts.push_back(element("dd", {}, {value}));
  }
  return element("dl", {{"class", "facts"}}, parts);
}

Html card(const Html& title, const std::vector<Html>& content, const Attributes& attributes) {
  Attributes all = {{"class", "card"}};
  for (const Attribute& attribute : attributes) {
    if (attribute.name == "class")
      all.front().value = "card " + attribute.value.value_or("");
    else
      all.push_back(attribute);
  }
  return element(
      "section", all,
      {title.empty() ? Html() : element("header", {}, {element("h2", {}, {title})}), join(content)});
}

Html notice(std::string_view kind, const Html& content) {
  return element("div",
                 {{"class", fmt::format("notice {}", kind)}, {"role", kind == "bad" ? "alert" : "status"}},
                 {content});
}

Html tabs(const std::string& label, const std::vector<Tab>& tabs) {
  std::vector<Html> links;
  for (const Tab& tab : tabs) {
    links.push_back(
        link(tab.path, tab.text, {{"aria-current", tab.is_here ? std::optional("page") : std::nullopt}}));
  }
  return element("nav", {{"class", "tabs"}, {"aria-label", label}}, links);
}

Html crumbs(const std::vector<std::pair<std::string, std::string>>& above, const std::string& here) {
  std::vector<Html> items;
  for (const auto& [text, path] : above) items.push_back(element("li", {}, {link(path, text)}));
  items.push_back(element("li", {{"aria-current", "page"}}, {here}));
  return element("nav", {{"aria-label", "Where you are"}}, {element("ol", {{"class", "crumbs"}}, items)});
}

Html page_head(const Html& title, const Html& below, const std::vector<Html>& actions) {
  return element(
      "div", {{"class", "page-head"}},
      {element("div", {}, {element("h1", {}, {title}), below.empty() ? Html() : element("p", {}, {below})}),
       actions.empty() ? Html() : element("div", {{"class", "actions"}}, actions)});
}

Html live(const std::string& id, const std::vector<Html>& content, const std::string& css_class) {
  return element("div", {{"id", id}, {"data-live", ""}, {"class", css_class}}, content);
}

std::string parameter(const Call& call, std::string_view name) {
  return std::string(call.request.query_value(name).value_or(""));
}

int64_t page_offset(const Call& call) {
  return std::clamp<int64_t>(whole_number(parameter(call, "offset")).value_or(0), 0, 1'000'000'000);
}

Html pager(const Call& call, int64_t offset, int64_t limit, int64_t shown, std::optional<int64_t> total,
           bool has_more) {
  if (offset == 0 && !has_more) return {};
  std::vector<Html> links;
  if (offset > 0) {
    links.push_back(link(same_page_with(call, "offset", std::to_string(std::max<int64_t>(0, offset - limit))),
                         "← Previous", {{"class", "button small"}, {"rel", "prev"}}));
  }
  if (has_more) {
    links.push_back(link(same_page_with(call, "offset", std::to_string(offset + limit)), "Next →",
                         {{"class", "button small"}, {"rel", "next"}}));
  }
  const std::string where = shown == 0 ? "Nothing here"
                            : total    ? fmt::format("{}–{} of {}", offset + 1, offset + shown, *total)
                                       : fmt::format("{}–{}", offset + 1, offset + shown);
  return element("nav", {{"class", "pager"}, {"aria-label", "Pages"}},
                 {element("span", {}, {where}), element("span", {{"class", "actions"}}, links)});
}

std::string cut(const std::string& text, size_t max_bytes) {
  if (text.size() <= max_bytes) return text;
  size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

Html json_block(const std::string& json) {
  std::string shown = json;
  if (!is_too_deep(json)) {  // its indents alone would fill the memory
    const Json value = Json::parse(json, nullptr, /*allow_exceptions=*/false);
    if (!value.is_discarded()) shown = value.dump(2, ' ', false, Json::error_handler_t::replace);
  }
  return element("pre", {{"tabindex", "0"}}, {cut(shown, kMaxJsonBytes)});
}

net::Response done(const std::string& path, const std::string& done) {
  const char separator = path.find('?') == std::string::npos ? '?' : '&';
  return net::Response::redirect(path + separator + "done=" + net::percent_encode(done), 303);
}

Html done_notice(const Call& call) {
  const auto key = call.request.query_value("done");
  const auto found =
      std::find_if(kDone.begin(), kDone.end(), [&](const Done& one) { return one.key == key; });
  return found == kDone.end() ? Html() : notice("good", found->text);
}

}  // namespace tidemill::server::pages
