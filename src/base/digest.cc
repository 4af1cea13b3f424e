#include "base/digest.h"

#include <cerrno>
#include <cstdio>
#include <vector>

#include <openssl/evp.h>

#include "base/error.h"

namespace tidemill {
namespace {

class Digest {
 public:
  explicit Digest(const EVP_MD* kind) : context_(EVP_MD_CTX_new(), &EVP_MD_CTX_free) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), kind, nullptr) != 1) {
      throw Error(ErrorCode::kInternal, "cannot start a digest in OpenSSL");
    }
  }

  void update(std::string_view bytes) { EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()); }

  std::string finish_hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    EVP_DigestFinal_ex(context_.get(), digest.data(), &size);
    static constexpr char kHex[] = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < size; ++i) {
      text += kHex[digest[i] >> 4];
      text += kHex[digest[i] & 15];
    }
    return text;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context_;
};

}  // namespace

std::string sha256_hex(std::string_view bytes) {
  Digest hash(EVP_sha256());
  hash.update(bytes);
  return hash.finish_hex();
}

std::string sha1_hex(std::string_view bytes) {
  Digest hash(EVP_sha1());
  hash.update(bytes);
  return hash.finish_hex();
}

std::string sha256_hex_of_file(const std::filesystem::path& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), &std::fclose);
  if (!file) throw_system_error(errno, "read", path.string());
  Digest hash(EVP_sha256());
  std::vector<char> block(size_t{1} << 20);
  while (const size_t got = std::fread(block.data(), 1, block.size(), file.get())) {
    hash.update({block.data(), got});
  }
  if (std::ferror(file.get())) throw_system_error(EIO, "read", path.string());
  return hash.finish_hex();
}

}  // namespace tidemill
