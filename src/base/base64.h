#pragma once
// Base64 (RFC 4648): the common alphabet with '=' padding, and the one for URLs without.

#include <optional>
#include <string>
#include <string_view>

namespace tidemill {

enum class Base64 { kPadded, kUnpadded, kUrl };  // +/ with '=', +/ without, -_ without

std::string base64_encode(std::string_view bytes, Base64 alphabet);
// nullopt for anything that base64_encode would not have written.
std::optional<std::string> base64_decode(std::string_view text, Base64 alphabet);

}  // namespace tidemill
