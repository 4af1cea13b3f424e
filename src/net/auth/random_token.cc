#include "net/auth/random_token.h"

#include "base/base64.h"
#include "base/secrets.h"

namespace tidemill::net {

std::string random_token(size_t byte_count) {
  return base64_encode(random_bytes(byte_count), Base64::kUrl);
}

}  // namespace tidemill::net
