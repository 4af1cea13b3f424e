#pragma once
// SHA-256 of bytes and files: how manifests say what a file must be.

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace tidemill {

// 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

// Streams the file in 1 MiB blocks. Errors: kNotFound, kPermissionDenied naming the path.
std::string sha256_hex_of_file(const std::filesystem::path& path);

}  // namespace tidemill
