#include "tracking/query.h"

namespace tidemill::tracking {

Condition tag_equals(std::string key, std::string value) {
  return {Field::kTag, std::move(key), Comparator::kEqual, std::move(value)};
}

Condition attribute_equals(std::string key, std::string value) {
  return {Field::kAttribute, std::move(key), Comparator::kEqual, std::move(value)};
}

}  // namespace tidemill::tracking
