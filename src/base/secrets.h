#pragma once
// What proves that somebody knows a secret, from OpenSSL. Safe for many threads.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidemill {

// Raw bytes: 32 and 64 of them. Source: RFC 2104.
std::string hmac_sha256(std::string_view key, std::string_view text);
std::string hmac_sha512(std::string_view key, std::string_view text);

// Source: RFC 7914. Memory: 128 * n * block_size bytes. Errors: kInvalidArgument for parameters that OpenSSL
// refuses (n is a power of two).
struct ScryptCost {
  uint64_t n;
  uint64_t block_size;
  uint64_t parallel;
};
std::string scrypt(std::string_view password, std::string_view salt, const ScryptCost& cost,
                   size_t byte_count);

// In a time that depends on the lengths only.
bool equal_in_constant_time(std::string_view a, std::string_view b);

// From getrandom.
std::string random_bytes(size_t byte_count);

}  // namespace tidemill
