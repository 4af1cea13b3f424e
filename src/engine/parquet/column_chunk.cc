#include "engine/parquet/column_chunk.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <optional>

#include <fmt/format.h>
#include <zstd.h>

#include "base/error.h"
#include "engine/parquet/thrift.h"

namespace tidemill::engine::parquet {
namespace {

static_assert(std::endian::native == std::endian::little, "Parquet's plain values are little-endian");

// parquet.thrift: PageType, Encoding.
constexpr int32_t kDataPage = 0, kDictionaryPage = 2;
constexpr int32_t kPlain = 0, kRle = 3, kRleDictionary = 8;

constexpr int kZstdLevel = 1;
// Pages that zstd makes hardly shorter are kept as they are: random mantissas cost 25 ns a value to save a
// tenth. The start of a page tells.
constexpr double kWorthwhile = 0.8;
constexpr size_t kSampleBytes = 16384;

constexpr size_t kMaxDictionary = size_t{1} << 15;
// Columns that hardly repeat show it early.
constexpr size_t kProbeRows = 16384, kMaxDistinctInProbe = 12288;

struct Page {
  int32_t type = kDataPage;
  int32_t encoding = kPlain;
  size_t value_count = 0;
  std::string bytes;
};

std::string compress(std::string_view bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  const size_t size = ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), kZstdLevel);
  if (ZSTD_isError(size) != 0) {
    throw Error(ErrorCode::kInternal, fmt::format("zstd cannot compress: {}", ZSTD_getErrorName(size)));
  }
  out.resize(size);
  return out;
}

bool is_worthwhile(std::string_view stored, std::string_view bytes) {
  return static_cast<double>(stored.size()) < kWorthwhile * static_cast<double>(bytes.size());
}

std::string page_header(const Page& page, size_t stored_size) {
  ThriftWriter header;
  header.begin_element();
  header.i32(1, page.type);
  header.i32(2, static_cast<int32_t>(page.bytes.size()));
  header.i32(3, static_cast<int32_t>(stored_size));
  header.begin_struct(page.type == kDataPage ? 5 : 7);
  header.i32(1, static_cast<int32_t>(page.value_count));
  header.i32(2, page.encoding);
  if (page.type == kDataPage) {
    header.i32(3, kRle);  // of definition and repetition levels, which a required column does not have
    header.i32(4, kRle);
  }
  header.end_struct();
  header.end_struct();
  return header.bytes();
}

// The codec is the whole chunk's: zstd when it makes the data page shorter.
ColumnChunk assemble(const std::optional<Page>& dictionary, const Page& data) {
  ColumnChunk chunk;
  chunk.value_count = data.value_count;
  const std::string_view sample = std::string_view(data.bytes).substr(0, kSampleBytes);
  std::string compressed;
  if (is_worthwhile(compress(sample), sample)) compressed = compress(data.bytes);
  chunk.is_compressed = !compressed.empty() && is_worthwhile(compressed, data.bytes);
  const auto append = [&chunk](const Page& page, const std::string& stored) {
    const std::string header = page_header(page, stored.size());
    chunk.bytes += header;
    chunk.bytes += stored;
    chunk.uncompressed_size += header.size() + page.bytes.size();
  };
  if (dictionary) {
    append(*dictionary, chunk.is_compressed ? compress(dictionary->bytes) : dictionary->bytes);
    chunk.data_page_offset = chunk.bytes.size();
  }
  append(data, chunk.is_compressed ? compressed : data.bytes);
  return chunk;
}

template <typename T>
std::string plain(std::span<const T> values) {
  return {reinterpret_cast<const char*>(values.data()), values.size_bytes()};
}

// Codes as one bit-packed run (or one run of a repeated code) of Parquet's RLE hybrid.
template <typename Code>
std::string packed_codes(std::span<const Code> codes, size_t dictionary_size) {
  const int width = std::max(1, static_cast<int>(std::bit_width(dictionary_size - 1)));
  std::string out(1, static_cast<char>(width));
  const auto varint = [&](uint64_t value) {
    for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
    out += static_cast<char>(value);
  };
  const bool is_constant =
      std::all_of(codes.begin(), codes.end(), [&](Code code) { return code == codes[0]; });
  if (is_constant) {
    varint(uint64_t{codes.size()} << 1);
    for (int bits = 0; bits < width; bits += 8) out += static_cast<char>(codes[0] >> bits);
    return out;
  }
  const size_t groups = (codes.size() + 7) / 8;
  varint(uint64_t{groups} << 1 | 1);
  const size_t begin = out.size();
  out.resize(begin + groups * static_cast<size_t>(width) + sizeof(uint64_t));
  char* to = out.data() + begin;
  uint64_t bits = 0;
  int filled = 0;
  for (const Code code : codes) {
    bits |= uint64_t{code} << filled;
    filled += width;
    if (filled >= 32) {
      std::memcpy(to, &bits, sizeof(uint32_t));
      to += sizeof(uint32_t);
      bits >>= 32;
      filled -= 32;
    }
  }
  std::memcpy(to, &bits, sizeof(bits));
  out.resize(begin + groups * static_cast<size_t>(width));
  return out;
}

// The different values in the order they first appear, and each value's place among them. Doubles by their
// bits.
class Dictionary {
 public:
  // False when there are too many different values for a dictionary to be shorter.
  bool build(std::span<const double> values) {
    codes_.resize(values.size());
    grow(size_t{1} << 12);
    for (size_t i = 0; i < values.size(); ++i) {
      codes_[i] = code_of(std::bit_cast<uint64_t>(values[i]));
      if (entries_.size() > kMaxDictionary) return false;
      if (i + 1 == kProbeRows && entries_.size() > kMaxDistinctInProbe) return false;
    }
    const size_t width = std::max<size_t>(1, std::bit_width(entries_.size() - 1));
    return entries_.size() * sizeof(double) + values.size() * width / 8 <
           values.size() * sizeof(double) * 3 / 4;
  }

  const std::vector<uint64_t>& entries() const { return entries_; }
  std::span<const uint32_t> codes() const { return codes_; }

 private:
  static constexpr uint32_t kFree = UINT32_MAX;

  static uint64_t spread(uint64_t bits) { return bits * 0x9e3779b97f4a7c15ULL; }

  uint32_t code_of(uint64_t bits) {
    size_t slot = spread(bits) >> shift_;
    while (slots_[slot] != kFree) {
      if (entries_[slots_[slot]] == bits) return slots_[slot];
      slot = (slot + 1) & (slots_.size() - 1);
    }
    slots_[slot] = static_cast<uint32_t>(entries_.size());
    entries_.push_back(bits);
    if (entries_.size() * 2 > slots_.size()) grow(slots_.size() * 4);
    return static_cast<uint32_t>(entries_.size() - 1);
  }

  void grow(size_t slot_count) {
    slots_.assign(slot_count, kFree);
    shift_ = 64 - static_cast<int>(std::bit_width(slot_count - 1));
    for (size_t code = 0; code < entries_.size(); ++code) {
      size_t slot = spread(entries_[code]) >> shift_;
      while (slots_[slot] != kFree) slot = (slot + 1) & (slot_count - 1);
      slots_[slot] = static_cast<uint32_t>(code);
    }
  }

  std::vector<uint32_t> slots_;
  int shift_ = 0;
  std::vector<uint64_t> entries_;
  std::vector<uint32_t> codes_;
};

template <typename T>
ColumnChunk encode_coded(std::span<const uint8_t> codes, std::span<const T> dictionary) {
  return assemble(Page{kDictionaryPage, kPlain, dictionary.size(), plain(dictionary)},
                  {kDataPage, kRleDictionary, codes.size(), packed_codes(codes, dictionary.size())});
}

}  // namespace

ColumnChunk encode_doubles(std::span<const double> values) {
  Dictionary dictionary;
  if (values.empty() || !dictionary.build(values)) {
    return assemble(std::nullopt, {kDataPage, kPlain, values.size(), plain(values)});
  }
  const std::vector<uint64_t>& entries = dictionary.entries();
  return assemble(
      Page{kDictionaryPage, kPlain, entries.size(), plain(std::span(entries))},
      {kDataPage, kRleDictionary, values.size(), packed_codes(dictionary.codes(), entries.size())});
}

ColumnChunk encode_coded_doubles(std::span<const uint8_t> codes, const std::vector<double>& dictionary) {
  return encode_coded(codes, std::span(dictionary));
}

ColumnChunk encode_coded_int32s(std::span<const uint8_t> codes, const std::vector<int32_t>& dictionary) {
  return encode_coded(codes, std::span(dictionary));
}

ColumnChunk encode_int32s(std::span<const int32_t> values) {
  return assemble(std::nullopt, {kDataPage, kPlain, values.size(), plain(values)});
}

ColumnChunk encode_int64s(std::span<const int64_t> values) {
  return assemble(std::nullopt, {kDataPage, kPlain, values.size(), plain(values)});
}

ColumnChunk encode_texts(std::span<const std::string_view> values) {
  size_t size = 0;
  for (const std::string_view text : values) size += sizeof(uint32_t) + text.size();
  std::string bytes(size, '\0');
  char* to = bytes.data();
  for (const std::string_view text : values) {
    const auto length = static_cast<uint32_t>(text.size());
    std::memcpy(to, &length, sizeof(length));
    to = std::copy(text.begin(), text.end(), to + sizeof(length));
  }
  return assemble(std::nullopt, {kDataPage, kPlain, values.size(), std::move(bytes)});
}

}  // namespace tidemill::engine::parquet
