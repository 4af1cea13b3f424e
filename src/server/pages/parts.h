#pragma once
// What pages show more than once: states, times, tables, forms. The words of their classes are those of
// ui/app.css.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/call.h"
#include "server/pages/html.h"
#include "workflow/states.h"
#include "workflow/store.h"

namespace tidemill::server::pages {

// ---- States, by their names: "success", "running"; "none" for no state.
std::string state_name(const std::optional<workflow::TaskState>& state);
Html state_chip(std::string_view state);
// A coloured square that says `label` to whoever cannot see it, and leads to `path` where there is one.
Html state_square(std::string_view state, const std::string& label, const std::string& path = "");

// ---- Times. UTC, to the second; a dash for none.
Html instant(const std::optional<int64_t>& ms);
// "350 ms", "4.2 s", "3m 12s", "2h 05m", "3d 4h".
std::string duration_text(int64_t ms);
// From start to end; of what has not ended until now, and counting where there is a script. A dash before it
// began.
Html duration(const std::optional<int64_t>& start_ms, const std::optional<int64_t>& end_ms, int64_t now_ms);

// ---- Paths.
std::string dag_path(const std::string& dag_id);                             // "/dags/D"
std::string run_path(const std::string& dag_id, const std::string& run_id);  // "/dags/D/runs/R"
std::string task_path(const workflow::TaskKey& key);                         // "/dags/D/runs/R/tasks/T"
// "path?a=1&b=2"; parameters without a value are left out.
std::string with_query(const std::string& path,
                       const std::vector<std::pair<std::string, std::string>>& query);
// The path of this request with its query, one parameter of it replaced.
std::string same_page_with(const Call& call, const std::string& name, const std::string& value);

// ---- Forms, sent by POST with the token without which they are refused.
Html post_form(const Call& call, const std::string& path, const Attributes& attributes,
               const std::vector<Html>& content);
Html hidden(const std::string& name, const std::string& value);
// A label over one control. `id` is made of the name.
Html text_field(const std::string& label, const std::string& name, const std::string& value,
                const Attributes& attributes = {}, const Html& hint = {});
Html text_area(const std::string& label, const std::string& name, const std::string& value,
               const Attributes& attributes = {}, const Html& hint = {});
struct Choice {
  std::string value, text;
};
Html choice_field(const std::string& label, const std::string& name, const std::string& value,
                  const std::vector<Choice>& choices);
Html check_box(const std::string& label, const std::string& name, bool is_checked = false);
// A button that asks once more: what it opens holds the question and the form that does it. `about`: what it
// is about, for those who hear one of many such buttons.
Html confirm(const Call& call, const std::string& button, const Html& question, const std::string& path,
             const std::string& yes, const std::vector<Html>& fields = {}, const std::string& about = "");
// Runs the DAG or not; goes `back` to a path of this site.
Html pause_switch(const Call& call, const std::string& dag_id, bool is_paused, const std::string& back);

// ---- Tables and frames.
struct Column {
  std::string head;
  // The class of its cells: "title" names the row, "pick" holds a box or a switch, "num" is right-aligned,
  // "actions" has buttons, "nowrap" breaks no line.
  std::string kind = "";
};
struct TableRow {
  std::string key;  // keeps its element while the page lives; may be empty
  std::vector<Html> cells;
};
// A row's header is its title, or its first cell where no column is one.
// `empty` is said instead of a table without rows. On a phone each row becomes a block with its column's
// names.
Html table(const std::vector<Column>& columns, const std::vector<TableRow>& rows, const Html& empty,
           const std::string& caption = "");
// How much of a whole; the number stands beside it.
Html share_bar(double share);
Html facts(const std::vector<std::pair<std::string, Html>>& facts);
Html card(const Html& title, const std::vector<Html>& content, const Attributes& attributes = {});
Html notice(std::string_view kind, const Html& content);  // info, good, warn, bad

struct Tab {
  std::string text, path;
  bool is_here = false;
};
Html tabs(const std::string& label, const std::vector<Tab>& tabs);
// What stands above, then the name of this page.
Html crumbs(const std::vector<std::pair<std::string, std::string>>& above, const std::string& here);
Html page_head(const Html& title, const Html& below, const std::vector<Html>& actions);
// A part that is kept as the server has it while the page is shown.
Html live(const std::string& id, const std::vector<Html>& content, const std::string& css_class = "stack");

// Of the query; "" when it was not sent.
std::string parameter(const Call& call, std::string_view name);
// Which part of a list: `offset` of the request, 0 for what is none.
int64_t page_offset(const Call& call);
// Links to the pages before and after; `total` nullopt: not counted, `has_more` says whether there is
// another.
Html pager(const Call& call, int64_t offset, int64_t limit, int64_t shown, std::optional<int64_t> total,
           bool has_more);

// Text that is shown as it is up to so many bytes, then cut with a sign.
std::string cut(const std::string& text, size_t max_bytes);
// JSON indented; what is none, or is nested beyond 200 levels, as it is. Cut to 8 kB.
Html json_block(const std::string& json);

// Back to a page after a form: 303, with what was done for it to say. `done` is one of the keys of parts.cc.
net::Response done(const std::string& path, const std::string& done);
// What a form before this page did; nothing when there was none.
Html done_notice(const Call& call);

}  // namespace tidemill::server::pages
