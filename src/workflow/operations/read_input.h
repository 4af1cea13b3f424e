#pragma once
// What people give as text.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemill::workflow {

// Errors: kInvalidArgument naming `what` and what is wrong with it.
void check_json_object(const std::string& text, std::string_view what);

// Milliseconds of "2026-11-01", "2026-11-01T06:00:00", with "Z", "+00:00" or another offset, with fractions
// of a second, of which milliseconds are kept; without an offset UTC. nullopt for anything else, and outside
// the years 1 to 9999, as in Python.
std::optional<int64_t> find_instant(std::string_view text);

}  // namespace tidemill::workflow
