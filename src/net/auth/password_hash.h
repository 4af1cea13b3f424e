#pragma once
// Passwords as they are stored: "$scrypt$ln=15,r=8,p=1$<salt>$<hash>" (the PHC string format, base64 without
// '='), so that the cost can grow while old hashes stay valid.

#include <string>
#include <string_view>

namespace tidemill::net {

struct PasswordCost {
  unsigned log2_n = 15;  // N = 2^15, r = 8: 32 MiB and about 0.1 s
  unsigned block_size = 8;
  unsigned parallel = 1;
};

// With a salt of its own. Errors: kInvalidArgument for costs out of range (log2_n 1-20).
std::string hash_password(std::string_view password, const PasswordCost& cost = {});

// False for another password, compared in constant time. Errors: kCorrupted when `stored` is no such hash.
// Cost: that of hash_password: never on a connection's thread.
bool is_password(std::string_view password, std::string_view stored);

}  // namespace tidemill::net
