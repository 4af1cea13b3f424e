#pragma once
// What people wrote into the fields of a form.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/pages/form.h"

namespace tidemill::server::pages {

// "" when it was not sent. Without the spaces and line ends around it.
std::string trimmed(const Form& form, std::string_view name);
// With line ends as \n: browsers send \r\n.
std::string whole_text(const Form& form, std::string_view name);
bool is_ticked(const Form& form, std::string_view name);
// Nothing but a number; nullopt for anything else.
std::optional<int64_t> whole_number(std::string_view text);
// nullopt when it is empty. Errors: kInvalidArgument naming the field and the text.
std::optional<int64_t> integer_value(const Form& form, std::string_view name);
// A date or an instant, UTC where it does not say otherwise. nullopt when it is empty. Errors:
// kInvalidArgument.
std::optional<int64_t> instant_value(const Form& form, std::string_view name);
// The field "back": where to go afterwards. `otherwise` for what is no path of this site.
std::string back_path(const Form& form, const std::string& otherwise);

}  // namespace tidemill::server::pages
