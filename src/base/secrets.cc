#include "base/secrets.h"

#include <cerrno>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#include "base/error.h"

namespace tidemill {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hmac(const EVP_MD* digest, std::string_view key, std::string_view text) {
  std::string out(EVP_MAX_MD_SIZE, '\0');
  unsigned size = 0;
  // An empty key is a key, a null pointer is not.
  const unsigned char* key_bytes = key.empty() ? bytes_of("") : bytes_of(key);
  if (HMAC(digest, key_bytes, static_cast<int>(key.size()), bytes_of(text), text.size(),
           reinterpret_cast<unsigned char*>(out.data()), &size) == nullptr) {
    throw Error(ErrorCode::kInternal, "OpenSSL cannot compute an HMAC");
  }
  out.resize(size);
  return out;
}

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view text) {
  return hmac(EVP_sha256(), key, text);
}

std::string hmac_sha512(std::string_view key, std::string_view text) {
  return hmac(EVP_sha512(), key, text);
}

std::string scrypt(std::string_view password, std::string_view salt, const ScryptCost& cost,
                   size_t byte_count) {
  std::string out(byte_count, '\0');
  const uint64_t max_memory = 128 * cost.block_size * (cost.n + cost.parallel + 2) + (1 << 20);
  if (EVP_PBE_scrypt(password.data(), password.size(), bytes_of(salt), salt.size(), cost.n, cost.block_size,
                     cost.parallel, max_memory, reinterpret_cast<unsigned char*>(out.data()),
                     out.size()) != 1) {
    throw Error(ErrorCode::kInvalidArgument, "OpenSSL refuses these parameters of scrypt");
  }
  return out;
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_bytes(size_t byte_count) {
  std::string bytes(byte_count, '\0');
  for (size_t done = 0; done < byte_count;) {
    const ssize_t got = getrandom(bytes.data() + done, byte_count - done, 0);
    if (got < 0 && errno != EINTR) throw_system_error(errno, "read random bytes from", "getrandom");
    if (got > 0) done += static_cast<size_t>(got);
  }
  return bytes;
}

}  // namespace tidemill
