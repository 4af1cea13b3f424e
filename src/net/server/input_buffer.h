#pragma once
// Bytes that were read and are not yet parsed. Small while a connection idles.

#include <algorithm>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>

namespace tidemill::net {

class InputBuffer {
 public:
  std::string_view view() const { return {bytes_.get() + begin_, end_ - begin_}; }
  bool empty() const { return begin_ == end_; }

  void take(size_t count) {
    begin_ += count;
    if (begin_ == end_) begin_ = end_ = 0;
  }

  // Room for at least `size` bytes behind those that are there. Valid until the next call.
  std::pair<char*, size_t> room(size_t size) {
    if (capacity_ - end_ < size) make_room(size);
    return {bytes_.get() + end_, capacity_ - end_};
  }
  void added(size_t count) { end_ += count; }

 private:
  void make_room(size_t size) {
    const size_t used = end_ - begin_;
    if (capacity_ - used >= size && begin_ > 0) {
      std::memmove(bytes_.get(), bytes_.get() + begin_, used);
    } else {
      const size_t capacity = std::max(used + size, capacity_ * 2);
      auto bytes = std::make_unique_for_overwrite<char[]>(capacity);
      if (used > 0) std::memcpy(bytes.get(), bytes_.get() + begin_, used);
      bytes_ = std::move(bytes);
      capacity_ = capacity;
    }
    begin_ = 0;
    end_ = used;
  }

  std::unique_ptr<char[]> bytes_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
};

}  // namespace tidemill::net
