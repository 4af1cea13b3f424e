#pragma once
// What may be the name of an object, the same on every backend.

#include <string>

namespace tidemill::storage {

// Errors: kInvalidArgument naming the key and what is wrong with it: empty, longer than 1024 bytes, not
// UTF-8, control characters, a part that is empty, starts with '.', or is longer than 255 bytes (so no "..",
// no absolute path, no hidden file).
void check_key(const std::string& key);

bool is_key(const std::string& key);

// A prefix for list(): "" or the beginning of a key, also one that ends with '/'.
void check_prefix(const std::string& prefix);

}  // namespace tidemill::storage
