// /pools: how many tasks may work at once, and how many do.

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "server/pages/endpoints.h"
#include "server/pages/form_values.h"
#include "server/pages/layout.h"
#include "server/pages/parts.h"
#include "workflow/dag.h"

namespace tidemill::server::pages {
namespace {

using workflow::Pool;

// What runs, what is queued and what would like to, beside all slots.
Html bar_of(const Pool& pool) {
  const int64_t wanted = int64_t{pool.occupied_slots()} + pool.scheduled_slots;
  const int64_t all = std::max<int64_t>({pool.slots, wanted, 1});
  Html rects;
  int64_t x = 0;
  for (const auto& [state, slots] : {std::pair{"running", pool.running_slots},
                                     {"queued", pool.queued_slots},
                                     {"scheduled", pool.scheduled_slots}}) {
    const int64_t width = 1000 * slots / all;
    if (width > 0) {
      rects += element(
          "rect",
          {{"class", state}, {"x", std::to_string(x)}, {"width", std::to_string(width)}, {"height", "10"}});
    }
    x += width;
  }
  return element("svg",
                 {{"class", "bar"},
                  {"viewBox", "0 0 1000 10"},
                  {"preserveAspectRatio", "none"},
                  {"aria-hidden", "true"}},
                 {rects});
}

std::string slots_text(int slots) {
  return slots < 0 ? "no limit" : std::to_string(slots);
}

TableRow row_of(const Call& call, const Pool& pool) {
  Html actions = link(with_query("/pools/edit", {{"name", pool.name}}), "Edit",
                      {{"class", "button small"}, {"aria-label", "Edit " + pool.name}});
  if (pool.name != workflow::kDefaultPool) {
    actions += " " + confirm(call, "Delete…",
                             Html("Delete the pool ") + pool.name + "? Its tasks do not start without it.",
                             "/pools/delete", "Delete it", {hidden("name", pool.name)}, pool.name);
  }
  return {pool.name,
          {element("div", {{"class", "stack tight"}},
                   {element("strong", {}, {pool.name}),
                    element("span", {{"class", "muted small"}}, {pool.description.value_or("")})}),
           bar_of(pool), slots_text(pool.slots), std::to_string(pool.running_slots),
           std::to_string(pool.queued_slots), std::to_string(pool.scheduled_slots),
           slots_text(pool.open_slots()), actions}};
}

net::Response show_pools(Call& call) {
  std::vector<TableRow> rows;
  for (const Pool& pool : call.operations.store().list_pools()) rows.push_back(row_of(call, pool));
  const Html list = table({{"Pool", "title"},
                           {"Use"},
                           {"Slots", "num"},
                           {"Running", "num"},
                           {"Queued", "num"},
                           {"Waiting", "num"},
                           {"Free", "num"},
                           {"Actions", "actions"}},
                          rows, "There are none.");
  return page(call, {"Pools", "/pools"},
              join({done_notice(call),
                    page_head("Pools", "How many tasks may work at once",
                              {link("/pools/edit", "Add…", {{"class", "button primary"}})}),
                    live("pools", {list})}));
}

// As they stand in the form.
struct Fields {
  std::string name{}, slots{}, description{};
};

net::Response form_page(Call& call, const Fields& pool, bool is_new, const std::string& problem) {
  const std::string title = is_new ? "Add a pool" : "Edit " + pool.name;
  const Html name = is_new ? text_field("Name", "name", pool.name,
                                        {{"required", ""}, {"maxlength", "256"}, {"autocomplete", "off"}})
                           : hidden("name", pool.name);
  return page(call, {title, "/pools"},
              join({crumbs({{"Pools", "/pools"}}, title), page_head(title, {}, {}),
                    problem.empty() ? Html() : notice("bad", problem),
                    post_form(call, "/pools/edit", {{"class", "card stack"}},
                              {name, hidden("is_new", is_new ? "true" : "false"),
                               text_field("Slots", "slots", pool.slots,
                                          {{"type", "number"}, {"min", "-1"}, {"required", ""}},
                                          "How many of its tasks work at once; -1 for no limit."),
                               text_field("Description", "description", pool.description),
                               element("div", {{"class", "actions"}},
                                       {element("button", {{"class", "primary"}}, {"Save"}),
                                        link("/pools", "Cancel", {{"class", "button quiet"}})})})}),
              problem.empty() ? 200 : 422);
}

net::Response edit_pool(Call& call) {
  const std::string name(call.request.query_value("name").value_or(""));
  if (name.empty()) return form_page(call, {"", "1", ""}, /*is_new=*/true, "");
  const auto found = call.operations.store().find_pool(name);
  if (!found) throw Error(ErrorCode::kNotFound, fmt::format("Pool {} does not exist", name));
  return form_page(call, {name, std::to_string(found->slots), found->description.value_or("")},
                   /*is_new=*/false, "");
}

net::Response save_pool(Call& call) {
  const Form form(call.request);
  const bool is_new = is_ticked(form, "is_new");
  const Fields fields{trimmed(form, "name"), trimmed(form, "slots"), trimmed(form, "description")};
  const std::string& name = fields.name;
  metadata::Transaction transaction(call.project.metadata_for_writing());
  const auto stored = call.operations.store().find_pool(name);
  if (!is_new && !stored) throw Error(ErrorCode::kNotFound, fmt::format("Pool {} does not exist", name));
  Pool pool = stored.value_or(Pool{});
  pool.name = name;
  pool.description = fields.description;
  try {
    if (name.empty()) throw Error(ErrorCode::kInvalidArgument, "a pool needs a name");
    if (is_new && stored)
      throw Error(ErrorCode::kAlreadyExists, fmt::format("There is a pool {} already", name));
    const auto slots = integer_value(form, "slots");
    if (!slots || *slots < -1 || *slots > 1'000'000) {
      throw Error(ErrorCode::kInvalidArgument, "slots: from -1 (no limit) to 1000000");
    }
    pool.slots = static_cast<int>(*slots);
    call.operations.set_pool(pool);
    transaction.commit();
  } catch (const Error& error) {  // the form comes back with what was written in it
    if (error.code() != ErrorCode::kInvalidArgument && error.code() != ErrorCode::kAlreadyExists) throw;
    return form_page(call, fields, is_new, error.message());
  }
  return done("/pools", "saved");
}

net::Response delete_pool(Call& call) {
  call.operations.delete_pool(Form(call.request).required("name"));
  return done("/pools", "deleted");
}

}  // namespace

std::vector<Endpoint> pools_endpoints() {
  return {{"GET", "/pools", show_pools},
          {"GET", "/pools/edit", edit_pool},
          {"POST", "/pools/edit", save_pool},
          {"POST", "/pools/delete", delete_pool}};
}

}  // namespace tidemill::server::pages
