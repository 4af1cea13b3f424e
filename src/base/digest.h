#pragma once
// SHA-256 of bytes and files: how manifests say what a file must be. SHA-1 where another program's numbers
// are made of it, never to secure anything.

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

namespace tidemill {

// 64 lower-case hex digits.
std::string sha256_hex(std::string_view bytes);

// 40 lower-case hex digits.
std::string sha1_hex(std::string_view bytes);

// Streams the file in 1 MiB blocks. Errors: kNotFound, kPermissionDenied naming the path.
std::string sha256_hex_of_file(const std::filesystem::path& path);

}  // namespace tidemill
