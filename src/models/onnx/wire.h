#pragma once
// Protocol Buffers' wire format, as far as writing an ONNX file needs it.
// Source: protobuf.dev/programming-guides/encoding. Repeated numbers are written packed, which every parser
// takes for fields declared either way.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tidemill::onnx {

static_assert(std::endian::native == std::endian::little, "floats are written as they lie in memory");

// The fields of one message, in the order they are added.
class WireMessage {
 public:
  void reserve(size_t byte_count) { bytes_.reserve(byte_count); }

  void add_integer(uint32_t field, int64_t value) {
    put_varint(field << 3 | kVarint);
    put_varint(static_cast<uint64_t>(value));
  }
  void add_bytes(uint32_t field, std::string_view bytes) {
    put_varint(field << 3 | kLength);
    put_varint(bytes.size());
    bytes_.append(bytes);
  }
  void append(const WireMessage& fields) { bytes_ += fields.bytes_; }

  // What `add_fields(*this)` adds becomes the fields of a message inside this one.
  template <typename AddFields>
  void add_message(uint32_t field, const AddFields& add_fields) {
    const size_t begin = bytes_.size();
    add_fields(*this);
    WireMessage head;
    head.put_varint(field << 3 | kLength);
    head.put_varint(bytes_.size() - begin);
    bytes_.insert(begin, head.bytes_);
  }

  // The integers value_of(0) .. value_of(count - 1).
  template <typename ValueOf>
  void add_integers(uint32_t field, size_t count, const ValueOf& value_of) {
    size_t size = 0;
    for (size_t i = 0; i < count; ++i) size += varint_size(to_unsigned(value_of(i)));
    put_varint(field << 3 | kLength);
    put_varint(size);
    const size_t begin = bytes_.size();
    bytes_.resize(begin + size);
    char* to = bytes_.data() + begin;
    for (size_t i = 0; i < count; ++i) to = write_varint(to_unsigned(value_of(i)), to);
  }
  void add_floats(uint32_t field, const float* values, size_t count) {
    add_bytes(field, {reinterpret_cast<const char*>(values), count * sizeof(float)});
  }

  const std::string& bytes() const& { return bytes_; }
  std::string bytes() && { return std::move(bytes_); }

 private:
  enum WireType : uint32_t { kVarint = 0, kLength = 2 };

  static uint64_t to_unsigned(int64_t value) { return static_cast<uint64_t>(value); }

  static size_t varint_size(uint64_t value) {
    size_t size = 1;
    for (; value >= 0x80; value >>= 7) ++size;
    return size;
  }
  static char* write_varint(uint64_t value, char* to) {
    for (; value >= 0x80; value >>= 7) *to++ = static_cast<char>(value | 0x80);
    *to++ = static_cast<char>(value);
    return to;
  }
  void put_varint(uint64_t value) {
    std::array<char, 10> buffer;
    bytes_.append(buffer.data(), static_cast<size_t>(write_varint(value, buffer.data()) - buffer.data()));
  }

  std::string bytes_;
};

}  // namespace tidemill::onnx
