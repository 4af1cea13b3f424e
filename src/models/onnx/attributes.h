#pragma once
// The attributes of an ONNX node, encoded as they are added: a forest's hold millions of numbers, which are
// never gathered anywhere else.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "models/onnx/wire.h"

namespace tidemill::onnx {

class Attributes {
 public:
  Attributes& add_integer(std::string_view name, int64_t value) {
    return add(name, kInteger, [&](WireMessage& to) { to.add_integer(3, value); });
  }
  Attributes& add_text(std::string_view name, std::string_view value) {
    return add(name, kText, [&](WireMessage& to) { to.add_bytes(4, value); });
  }
  Attributes& add_floats(std::string_view name, const std::vector<float>& values) {
    return add(name, kFloats, [&](WireMessage& to) { to.add_floats(7, values.data(), values.size()); });
  }
  // The integers value_of(0) .. value_of(count - 1).
  template <typename ValueOf>
  Attributes& add_integers(std::string_view name, size_t count, const ValueOf& value_of) {
    return add(name, kIntegers, [&](WireMessage& to) { to.add_integers(8, count, value_of); });
  }
  // The texts value_of(0) .. value_of(count - 1).
  template <typename ValueOf>
  Attributes& add_texts(std::string_view name, size_t count, const ValueOf& value_of) {
    return add(name, kTexts, [&](WireMessage& to) {
      for (size_t i = 0; i < count; ++i) to.add_bytes(9, value_of(i));
    });
  }

  void reserve(size_t byte_count) { fields_.reserve(byte_count); }

  // Fields of a NodeProto.
  const WireMessage& fields() const { return fields_; }

 private:
  enum Type : int64_t { kInteger = 2, kText = 3, kFloats = 6, kIntegers = 7, kTexts = 8 };

  template <typename AddValue>
  Attributes& add(std::string_view name, Type type, const AddValue& add_value) {
    fields_.add_message(5, [&](WireMessage& to) {
      to.add_bytes(1, name);
      add_value(to);
      to.add_integer(20, type);
    });
    return *this;
  }

  WireMessage fields_;
};

}  // namespace tidemill::onnx
