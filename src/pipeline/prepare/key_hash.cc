#include "pipeline/prepare/key_hash.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

namespace tidemill::pipeline {
namespace {

constexpr size_t kBlockBytes = 64;
constexpr size_t kLengthBytes = 8;
constexpr size_t kWords = kBlockBytes / sizeof(uint32_t);
constexpr size_t kLanes = 8;
static_assert(std::endian::native == std::endian::little, "MD5 reads little-endian words");

// Eight texts side by side. The compiler splits it into the registers the machine has.
using Lanes = uint32_t __attribute__((vector_size(kLanes * sizeof(uint32_t))));

constexpr std::array<uint32_t, 64> kSines = {
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391};
constexpr int kShifts[4][4] = {{7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};
constexpr uint32_t kStart[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};

template <typename Word>
struct State {
  Word a, b, c, d;
};

template <typename Word>
void add_block(State<Word>& state, const Word* words) {
  Word a = state.a, b = state.b, c = state.c, d = state.d;
#pragma GCC unroll 64
  for (int i = 0; i < 64; ++i) {
    Word mixed;
    int word;
    if (i < 16) {
      mixed = d ^ (b & (c ^ d));
      word = i;
    } else if (i < 32) {
      mixed = c ^ (d & (b ^ c));
      word = (5 * i + 1) % 16;
    } else if (i < 48) {
      mixed = b ^ c ^ d;
      word = (3 * i + 5) % 16;
    } else {
      mixed = c ^ (b | ~d);
      word = 7 * i % 16;
    }
    const int shift = kShifts[i / 16][i % 4];
    const Word sum = a + mixed + words[word] + kSines[static_cast<size_t>(i)];
    a = d;
    d = c;
    c = b;
    b = b + ((sum << shift) | (sum >> (32 - shift)));
  }
  state.a += a;
  state.b += b;
  state.c += c;
  state.d += d;
}

uint64_t leading_bits(uint32_t a, uint32_t b) {
  return uint64_t{__builtin_bswap32(a)} << 32 | __builtin_bswap32(b);
}

uint64_t hash_long(std::string_view text) {
  State<uint32_t> state = {kStart[0], kStart[1], kStart[2], kStart[3]};
  uint32_t words[kWords];
  const uint64_t bit_count = uint64_t{text.size()} * 8;
  bool is_marked = false, is_closed = false;
  while (!is_closed) {
    const size_t take = std::min(text.size(), kBlockBytes);
    char block[kBlockBytes] = {};
    std::copy_n(text.data(), take, block);
    text.remove_prefix(take);
    if (take < kBlockBytes && !is_marked) {
      block[take] = static_cast<char>(0x80);
      is_marked = true;
    }
    const bool is_room = is_marked && take + (take < kBlockBytes ? 1 : 0) <= kBlockBytes - kLengthBytes;
    if (is_room) {
      std::memcpy(block + kBlockBytes - kLengthBytes, &bit_count, kLengthBytes);
      is_closed = true;
    }
    std::memcpy(words, block, kBlockBytes);
    add_block(state, words);
  }
  return leading_bits(state.a, state.b);
}

// Texts of one block each.
void hash_lanes(const std::string_view* texts, uint64_t* out) {
  alignas(32) uint32_t rows[kLanes][kWords] = {};
  for (size_t lane = 0; lane < kLanes; ++lane) {
    char* block = reinterpret_cast<char*>(rows[lane]);
    texts[lane].copy(block, texts[lane].size());
    block[texts[lane].size()] = static_cast<char>(0x80);
    rows[lane][kWords - 2] = static_cast<uint32_t>(texts[lane].size() * 8);
  }
  Lanes words[kWords];
  for (size_t w = 0; w < kWords; ++w) {
    for (size_t lane = 0; lane < kLanes; ++lane) words[w][lane] = rows[lane][w];
  }
  State<Lanes> state = {Lanes{} + kStart[0], Lanes{} + kStart[1], Lanes{} + kStart[2], Lanes{} + kStart[3]};
  add_block(state, words);
  for (size_t lane = 0; lane < kLanes; ++lane) out[lane] = leading_bits(state.a[lane], state.b[lane]);
}

}  // namespace

void hash_keys(const std::string_view* texts, size_t count, uint64_t* out) {
  constexpr size_t kShort = kBlockBytes - kLengthBytes - 1;
  size_t i = 0;
  while (i < count) {
    const bool fits =
        i + kLanes <= count && std::all_of(texts + i, texts + i + kLanes,
                                           [](std::string_view text) { return text.size() <= kShort; });
    if (fits) {
      hash_lanes(texts + i, out + i);
      i += kLanes;
    } else {
      out[i] = hash_long(texts[i]);
      ++i;
    }
  }
}

}  // namespace tidemill::pipeline
