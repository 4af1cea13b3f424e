// /variables: Airflow's Variables, read, written and deleted.

#include "metadata/variables.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/masking.h"
#include "server/audit_log.h"
#include "server/pages/endpoints.h"
#include "server/pages/form_values.h"
#include "server/pages/layout.h"
#include "server/pages/parts.h"

namespace tidemill::server::pages {
namespace {

using metadata::Variable;

constexpr int64_t kPageVariables = 100;
constexpr size_t kShownBytes = 500;
constexpr uint64_t kMaxBodyBytes = 4 << 20;

std::string edit_path(const std::string& key) {
  return with_query("/variables/edit", {{"key", key}});
}

TableRow row_of(const Call& call, const Variable& variable) {
  const Html value = element("code", {}, {cut(masked_value(variable.key, variable.value), kShownBytes)});
  const Html remove = confirm(call, "Delete…", Html("Delete ") + element("code", {}, {variable.key}) + "?",
                              "/variables/delete", "Delete it", {hidden("key", variable.key)}, variable.key);
  return {variable.key,
          {element("strong", {}, {variable.key}), value, cut(variable.description.value_or(""), kShownBytes),
           link(edit_path(variable.key), "Edit",
                {{"class", "button small"}, {"aria-label", "Edit " + variable.key}}) +
               " " + remove}};
}

net::Response show_variables(Call& call) {
  const std::string wanted(call.request.query_value("q").value_or(""));
  std::vector<Variable> variables = metadata::list_variables(call.project.metadata_for_writing());
  std::erase_if(variables, [&](const Variable& one) { return one.key.find(wanted) == std::string::npos; });
  const auto total = static_cast<int64_t>(variables.size());
  const int64_t offset = page_offset(call), end = std::min(total, offset + kPageVariables);
  std::vector<TableRow> rows;
  for (int64_t i = offset; i < end; ++i) rows.push_back(row_of(call, variables[static_cast<size_t>(i)]));
  const auto shown = static_cast<int64_t>(rows.size());
  const Html search =
      element("form",
              {{"class", "filters"},
               {"method", "get"},
               {"action", "/variables"},
               {"data-instant", ""},
               {"role", "search"}},
              {text_field("Search", "q", wanted, {{"type", "search"}, {"placeholder", "Part of a key"}}),
               element("button", {{"data-fallback", ""}}, {"Search"})});
  const Html list = table({{"Key", "title"}, {"Value"}, {"Description"}, {"Actions", "actions"}}, rows,
                          wanted.empty() ? "There are none yet." : "No key has that in it.");
  return page(
      call, {"Variables", "/variables"},
      join({done_notice(call),
            page_head("Variables",
                      "Named texts that outlive a run. Deleting last_trained_data forces the next training.",
                      {link("/variables/edit", "Add…", {{"class", "button primary"}})}),
            search,
            element("div", {{"id", "variables"}, {"class", "stack"}, {"data-live", ""}, {"data-region", ""}},
                    {list, pager(call, offset, kPageVariables, shown, total, end < total)})}));
}

// Lists and API show "***" for it, so its form does not show it either.
bool is_secret(const Variable& variable) {
  return masked_value(variable.key, variable.value) != variable.value;
}

constexpr char kSecretHint[] =
    "Hidden, as its name says that it is a secret. Left empty it stays as it is; what is written here takes "
    "its place.";

net::Response form_page(Call& call, const Variable& variable, bool is_new, const std::string& problem,
                        const Html& hint = {}) {
  const std::string title = is_new ? "Add a variable" : "Edit " + variable.key;
  const Html key = is_new ? text_field("Key", "key", variable.key,
                                       {{"required", ""}, {"maxlength", "250"}, {"autocomplete", "off"}})
                          : hidden("key", variable.key);
  return page(call, {title, "/variables"},
              join({crumbs({{"Variables", "/variables"}}, title), page_head(title, {}, {}),
                    problem.empty() ? Html() : notice("bad", problem),
                    post_form(call, "/variables/edit", {{"class", "card stack"}},
                              {key, hidden("is_new", is_new ? "true" : "false"),
                               text_area("Value", "value", variable.value,
                                         {{"rows", "8"}, {"spellcheck", "false"}}, hint),
                               text_field("Description", "description", variable.description.value_or("")),
                               element("div", {{"class", "actions"}},
                                       {element("button", {{"class", "primary"}}, {"Save"}),
                                        link("/variables", "Cancel", {{"class", "button quiet"}})})})}),
              problem.empty() ? 200 : 422);
}

Variable stored_variable(metadata::Database& database, const std::string& key) {
  if (auto found = metadata::find_variable(database, key)) return *found;
  throw Error(ErrorCode::kNotFound, fmt::format("Variable {} does not exist", key));
}

net::Response edit_variable(Call& call) {
  const std::string key(call.request.query_value("key").value_or(""));
  if (key.empty()) return form_page(call, {}, /*is_new=*/true, "");
  Variable found = stored_variable(call.project.metadata_for_writing(), key);
  if (!is_secret(found)) return form_page(call, found, /*is_new=*/false, "");
  found.value.clear();
  return form_page(call, found, /*is_new=*/false, "", kSecretHint);
}

net::Response save_variable(Call& call) {
  const Form form(call.request);
  const bool is_new = is_ticked(form, "is_new");
  Variable variable{trimmed(form, "key"), whole_text(form, "value"), trimmed(form, "description")};
  try {
    metadata::Database& database = call.project.metadata_for_writing();
    metadata::Transaction transaction(database);
    if (is_new && metadata::get_variable(database, variable.key)) {
      throw Error(ErrorCode::kAlreadyExists, fmt::format("There is a variable {} already", variable.key));
    }
    if (!is_new) {
      const Variable stored = stored_variable(database, variable.key);
      if (variable.value.empty() && is_secret(stored)) variable.value = stored.value;
    }
    metadata::set_variable(database, variable.key, variable.value, variable.description);
    note_in_log(call, is_new ? "post_variable" : "patch_variable", variable.key);
    transaction.commit();
  } catch (const Error& error) {  // the form comes back with what was written in it
    if (error.code() != ErrorCode::kInvalidArgument && error.code() != ErrorCode::kAlreadyExists) throw;
    return form_page(call, variable, is_new, error.message());
  }
  return done("/variables", "saved");
}

net::Response delete_variable(Call& call) {
  const std::string key = Form(call.request).required("key");
  metadata::Database& database = call.project.metadata_for_writing();
  metadata::Transaction transaction(database);
  if (!metadata::delete_variable(database, key)) {
    throw Error(ErrorCode::kNotFound, fmt::format("Variable {} does not exist", key));
  }
  note_in_log(call, "delete_variable", key);
  transaction.commit();
  return done("/variables", "deleted");
}

}  // namespace

std::vector<Endpoint> variables_endpoints() {
  return {{"GET", "/variables", show_variables},
          {"GET", "/variables/edit", edit_variable},
          {"POST", "/variables/edit", save_variable, Access::kSignedIn, kMaxBodyBytes},
          {"POST", "/variables/delete", delete_variable}};
}

}  // namespace tidemill::server::pages
