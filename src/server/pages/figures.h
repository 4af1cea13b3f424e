#pragma once
// How numbers, sizes and long texts are written on pages.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tidemill::server::pages {

std::string count_text(uint64_t count);                // "12,345"
std::string size_text(uint64_t size_bytes);            // "812 B", "12.3 kB", "4.0 MB"
std::string number_text(double value);                 // six digits: "0.114054", "1.2e+09"; "–" for NaN
std::string metric_text(std::optional<double> value);  // four decimals: "0.1141"; "–" without one
std::string percent_text(double share);                // of 0.972: "97.2 %"

// At most so many bytes of UTF-8, with "…" where something was cut off; bytes that are none become U+FFFD.
// What comes from data goes through this, so that no cell can make a page large.
std::string shortened(std::string_view text, size_t size_bytes_max);

}  // namespace tidemill::server::pages
