#pragma once
// Values to and from libpq, as text.

#include <string>
#include <string_view>
#include <vector>

#include "metadata/database.h"
#include "metadata/postgres/libpq.h"

namespace tidemill::metadata::postgres {

// Bound values in the arrays that libpq takes. Integers are sent as BIGINT and reals as DOUBLE PRECISION;
// texts and NULLs take the type of what they meet. Refers to `values`, which outlive it.
// Errors: kInvalidArgument for text with a NUL character, which PostgreSQL cannot keep.
class BoundValues {
 public:
  explicit BoundValues(const std::vector<Value>& values);

  int count() const { return static_cast<int>(pointers_.size()); }
  const Oid* types() const { return types_.data(); }
  const char* const* texts() const { return pointers_.data(); }
  // Tells statements of one text and other types apart.
  std::string_view signature() const { return signature_; }

 private:
  std::vector<std::string> numbers_;
  std::vector<const char*> pointers_;
  std::vector<Oid> types_;
  std::string signature_;
};

// Integers and booleans as int64_t, floating point as double, NUMERIC as the one it fits, all else as text.
std::vector<Row> rows_of(const PGresult* result);

}  // namespace tidemill::metadata::postgres
