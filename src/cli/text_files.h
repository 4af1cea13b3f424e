#pragma once
// Files that people name on the command line.

#include <optional>
#include <string>

namespace tidemill::cli {

// nullopt when there is none. Errors: those of throw_system_error.
std::optional<std::string> read_text_file(const std::string& path);

// Whole or not at all; what was there is replaced. Errors: those of throw_system_error.
void write_text_file(const std::string& path, const std::string& text);

}  // namespace tidemill::cli
