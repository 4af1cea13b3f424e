#pragma once
// Texts measured as people and Python measure them.

#include <cstddef>
#include <string_view>

namespace tidemill {

// Code points of UTF-8: what Python's len counts.
size_t count_characters(std::string_view text);

}  // namespace tidemill
