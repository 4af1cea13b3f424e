#include "net/auth/password_hash.h"

#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/secrets.h"

namespace tidemill::net {
namespace {

constexpr size_t kSaltBytes = 16;
constexpr size_t kHashBytes = 32;
// What a stored hash can make this machine spend: 1 GiB.
constexpr unsigned kMaxLog2N = 20;
constexpr unsigned kMaxBlockSize = 8;
constexpr unsigned kMaxParallel = 16;

struct StoredHash {
  PasswordCost cost;
  std::string salt;
  std::string hash;
};

bool is_in_range(const PasswordCost& cost) {
  return cost.log2_n >= 1 && cost.log2_n <= kMaxLog2N && cost.block_size >= 1 &&
         cost.block_size <= kMaxBlockSize && cost.parallel >= 1 && cost.parallel <= kMaxParallel;
}

std::string compute(std::string_view password, std::string_view salt, const PasswordCost& cost, size_t size) {
  return scrypt(password, salt,
                {.n = uint64_t{1} << cost.log2_n, .block_size = cost.block_size, .parallel = cost.parallel},
                size);
}

// Takes "name=12" and the sign behind it from the front of `text`.
bool take_number(std::string_view& text, std::string_view name, char behind, unsigned& value) {
  if (!text.starts_with(name)) return false;
  text.remove_prefix(name.size());
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end == text.data() + text.size() || *end != behind) return false;
  text.remove_prefix(static_cast<size_t>(end - text.data()) + 1);
  return true;
}

std::optional<StoredHash> parse(std::string_view text) {
  StoredHash stored;
  constexpr std::string_view kPrefix = "$scrypt$";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  text.remove_prefix(kPrefix.size());
  if (!take_number(text, "ln=", ',', stored.cost.log2_n) ||
      !take_number(text, "r=", ',', stored.cost.block_size) ||
      !take_number(text, "p=", '$', stored.cost.parallel)) {
    return std::nullopt;
  }
  const size_t dollar = text.find('$');
  if (dollar == std::string_view::npos) return std::nullopt;
  auto salt = base64_decode(text.substr(0, dollar), Base64::kUnpadded);
  auto hash = base64_decode(text.substr(dollar + 1), Base64::kUnpadded);
  // An empty hash would be that of every password.
  if (!salt || !hash || hash->size() < 16 || hash->size() > 64 || !is_in_range(stored.cost))
    return std::nullopt;
  stored.salt = std::move(*salt);
  stored.hash = std::move(*hash);
  return stored;
}

}  // namespace

std::string hash_password(std::string_view password, const PasswordCost& cost) {
  if (!is_in_range(cost)) {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("passwords are hashed with ln 1-{}, r 1-{}, p 1-{}",
                                                         kMaxLog2N, kMaxBlockSize, kMaxParallel));
  }
  const std::string salt = random_bytes(kSaltBytes);
  return fmt::format("$scrypt$ln={},r={},p={}${}${}", cost.log2_n, cost.block_size, cost.parallel,
                     base64_encode(salt, Base64::kUnpadded),
                     base64_encode(compute(password, salt, cost, kHashBytes), Base64::kUnpadded));
}

bool is_password(std::string_view password, std::string_view stored_text) {
  const auto stored = parse(stored_text);
  if (!stored) throw Error(ErrorCode::kCorrupted, "a stored password is not a $scrypt$ hash: set it anew");
  return equal_in_constant_time(stored->hash,
                                compute(password, stored->salt, stored->cost, stored->hash.size()));
}

}  // namespace tidemill::net
