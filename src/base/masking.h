#pragma once
// What is not shown of Variables and of what people send (airflow._shared.secrets_masker).

#include <string>
#include <string_view>

namespace tidemill {

// Whether a name says that its value is a secret: it holds "password", "token", "secret", ...
bool is_sensitive_name(std::string_view name);

// The value of a Variable with "***" in place of secrets: of all of it by its key, or, in a JSON object, of
// what has such a name.
std::string masked_value(std::string_view key, const std::string& value);

}  // namespace tidemill
