#pragma once
// The files of ui/, which are inside the program.

#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace tidemill::server::pages {

// Name and text, of all.
std::span<const std::pair<std::string_view, std::string_view>> ui_files();

}  // namespace tidemill::server::pages
