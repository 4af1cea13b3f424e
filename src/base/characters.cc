#include "base/characters.h"

#include <algorithm>

namespace tidemill {

size_t count_characters(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;  // no byte that continues one
  }));
}

}  // namespace tidemill
