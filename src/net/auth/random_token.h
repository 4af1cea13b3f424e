#pragma once
// Secrets that nobody can guess: sessions, CSRF tokens, signing keys.

#include <cstddef>
#include <string>

namespace tidemill::net {

// `byte_count` bytes of the system's random source (getrandom), in base64url: 32 bytes are 43 characters.
std::string random_token(size_t byte_count = 32);

}  // namespace tidemill::net
