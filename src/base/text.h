#pragma once
// Small things done to text in more than one module.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill {

// The candidate with the smallest edit distance, if it is near enough to be a slip of the finger
// (distance <= max(2, length / 3)); empty otherwise. For "unknown key 'x'; did you mean 'y'?".
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

// "; did you mean 'y'?" or "" when nothing is near.
std::string did_you_mean(std::string_view name, const std::vector<std::string>& candidates);

// a, b, c
std::string join(const std::vector<std::string>& parts, std::string_view separator = ", ");

// Whether it is UTF-8, without the forms that say the same in more bytes and without surrogates.
bool is_utf8(std::string_view text);

// Code points of UTF-8: what Python's len counts.
size_t count_characters(std::string_view text);

// Text into HTML or SVG content or a quoted attribute.
std::string escape_markup(std::string_view text);

// A SQL identifier "a""b" and a SQL string literal 'a''b'.
std::string quote_identifier(std::string_view name);
std::string quote_literal(std::string_view text);

// The passwords of a URI as "***": postgresql://user:***@host/db, also password= and sslpassword= behind "?".
// Where signs that should have been quoted make it unclear how far one goes, too much is hidden.
std::string without_password(std::string_view uri);

// Shortest decimal that reads back as the same double ("0.1", "1e-07"); "NaN", "Infinity", "-Infinity".
std::string format_double(double value);

}  // namespace tidemill
