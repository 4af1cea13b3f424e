#pragma once
// Thrift's compact protocol, the writing half: what Parquet's headers and footer are made of.
// Source: thrift/doc/specs/thrift-compact-protocol.md.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill::engine::parquet {

class ThriftWriter {
 public:
  void begin_struct(int field) {
    header(field, kStruct);
    begin_element();
  }
  void begin_element() { last_fields_.push_back(0); }  // a struct of a list, or the outermost one
  void end_struct() {
    out_ += '\0';
    last_fields_.pop_back();
  }
  void i32(int field, int32_t value) {
    header(field, kI32);
    zigzag(value);
  }
  void i64(int field, int64_t value) {
    header(field, kI64);
    zigzag(value);
  }
  void text(int field, std::string_view value) {
    header(field, kBinary);
    text_element(value);
  }
  void begin_i32_list(int field, size_t size) { begin_list(field, kI32, size); }
  void begin_text_list(int field, size_t size) { begin_list(field, kBinary, size); }
  void begin_struct_list(int field, size_t size) { begin_list(field, kStruct, size); }
  void i32_element(int32_t value) { zigzag(value); }
  void text_element(std::string_view value) {
    varint(value.size());
    out_ += value;
  }

  const std::string& bytes() const { return out_; }

 private:
  enum Type : uint8_t { kI32 = 5, kI64 = 6, kBinary = 8, kList = 9, kStruct = 12 };

  void header(int field, Type type) {
    const int step =
        field - last_fields_.back();  // fields of Parquet's structs are written in ascending order
    last_fields_.back() = field;
    out_ += static_cast<char>(step << 4 | type);
  }
  void begin_list(int field, Type element, size_t size) {
    constexpr size_t kShortList = 15;
    header(field, kList);
    if (size < kShortList) {
      out_ += static_cast<char>(size << 4 | element);
    } else {
      out_ += static_cast<char>(kShortList << 4 | element);
      varint(size);
    }
  }
  void zigzag(int64_t value) {
    varint(static_cast<uint64_t>(value) << 1 ^ static_cast<uint64_t>(value >> 63));
  }
  void varint(uint64_t value) {
    for (; value >= 0x80; value >>= 7) out_ += static_cast<char>(value | 0x80);
    out_ += static_cast<char>(value);
  }

  std::string out_;
  std::vector<int> last_fields_;  // of each open struct
};

}  // namespace tidemill::engine::parquet
