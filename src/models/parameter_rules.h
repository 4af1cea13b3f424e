#pragma once
// The checks that ParameterSpec::is_valid points to, for tables of hyperparameters, and how to read a value
// that passed them.

#include <cstdint>
#include <limits>

#include "models/model.h"

namespace tidemill::models {

inline bool is_none(const ParameterValue& value) {
  return std::holds_alternative<std::monostate>(value);
}
inline bool is_boolean(const ParameterValue& value) {
  return std::holds_alternative<bool>(value);
}

// An integer stands for a number, as in Python: learning_rate = 1.
inline bool is_number(const ParameterValue& value) {
  return std::holds_alternative<int64_t>(value) || std::holds_alternative<double>(value);
}
inline double as_number(const ParameterValue& value) {
  const auto* whole = std::get_if<int64_t>(&value);
  return whole != nullptr ? static_cast<double>(*whole) : std::get<double>(value);
}

template <int64_t kLow>
bool is_integer_from(const ParameterValue& value) {
  const auto* whole = std::get_if<int64_t>(&value);
  return whole != nullptr && *whole >= kLow && *whole <= std::numeric_limits<int32_t>::max();
}
template <int64_t kLow>
bool is_integer_from_or_none(const ParameterValue& value) {
  return is_none(value) || is_integer_from<kLow>(value);
}

// Comparisons with NaN are false, so NaN never passes.
inline bool is_not_negative(const ParameterValue& value) {
  return is_number(value) && as_number(value) >= 0 && as_number(value) <= std::numeric_limits<double>::max();
}
inline bool is_positive(const ParameterValue& value) {
  return is_not_negative(value) && as_number(value) > 0;
}
inline bool is_positive_fraction(const ParameterValue& value) {
  return is_positive(value) && as_number(value) <= 1;
}

}  // namespace tidemill::models
