#pragma once
// The text of URLs: what percent signs stand for, and which paths stay inside a folder.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "net/server/http_message.h"

namespace tidemill::net {

enum class PlusSign { kIsPlus, kIsSpace };  // in paths; in queries and forms

// nullopt for a '%' without two hex digits. The result may hold any byte.
std::optional<std::string> percent_decode(std::string_view text, PlusSign plus = PlusSign::kIsPlus);

// "a=1&b=x+y&a" -> {a, 1}, {b, x y}, {a, ""}: of a query or an application/x-www-form-urlencoded body.
// nullopt when a '%' is wrong.
std::optional<NamedValues> parse_urlencoded(std::string_view text);

// The path (decoded, '/' between names) to be put behind a folder's: only names, at least one. nullopt for
// whatever leaves the folder or means something else to the system: "..", ".", an empty name, a leading '/',
// '\' or NUL. Symbolic links are not looked at.
std::optional<std::filesystem::path> safe_relative_path(std::string_view decoded_path);

}  // namespace tidemill::net
