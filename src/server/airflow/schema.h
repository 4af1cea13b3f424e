#pragma once
// What bodies, answers and queries are made of: the fields of Airflow's pydantic models, as data. One
// declaration checks what is sent and describes it in the OpenAPI document.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"

namespace tidemill::server::airflow {

struct Field {  // NOLINT(bugprone-exception-escape): moving a Json does not throw
  enum class Kind { kText, kInteger, kNumber, kBoolean, kInstant, kObject, kAny, kDocument };

  std::string name;
  Kind kind = Kind::kText;
  std::string schema{};  // of kDocument: the schema's name
  bool is_list = false;
  bool is_nullable = false;
  bool is_required = true;
  Json fallback = nullptr;             // of one that is not required
  std::vector<std::string> allowed{};  // texts; empty: any
  std::optional<int64_t> minimum{}, max_length{};
  std::optional<Json> only_value{};
  std::string description{};

  Field list() &&;
  Field nullable() &&;                         // null, and may be left out of a body only with optional()
  Field optional(Json fallback = nullptr) &&;  // nullable too when that is null
  Field one_of(std::vector<std::string> names) &&;
  Field only(Json value) &&;  // understood when it is that
  Field at_least(int64_t smallest) &&;
  Field at_most(int64_t characters) &&;
  Field about(std::string what) &&;
};

Field text(std::string name);
Field integer(std::string name);
Field number(std::string name);
Field boolean(std::string name);
Field instant(std::string name);  // "2026-11-23T06:00:00Z"; checked() makes milliseconds since 1970 of it
Field object(std::string name);
Field any(std::string name);
Field document(std::string name, std::string schema);

struct Schema {
  std::string name;
  std::vector<Field> fields;
  bool is_strict = true;  // no other fields
};

// The schema of that name among those of bodies and answers. Errors: kInternal for one that is not there.
const Schema& schema_named(std::string_view name);
std::vector<Schema> body_schemas();
std::vector<Schema> answer_schemas();

// What is wrong with what was sent, as pydantic tells it: [{type, loc, msg, input}, ...].
class Problems {
 public:
  void add(std::string_view type, const Json& loc, std::string_view msg, const Json& input,
           const Json& ctx = nullptr);
  bool empty() const { return list_.empty(); }
  const Json& list() const { return list_; }

 private:
  Json list_ = Json::array();
};

// The value with what was left out filled in, and instants as milliseconds. `loc`: where it stands, such as
// ["body"]. After a problem the result is not to be used.
Json checked(const Schema& schema, const Json& value, const Json& loc, Problems& problems);

// A query's value, which is a text, as the field's kind: as in bodies, "3" is a number and "yes" a boolean
// (pydantic's lax mode). Problems as above.
Json from_text(const Field& field, std::string_view value, const Json& loc, Problems& problems);

// As OpenAPI 3.1 describes it.
Json openapi_schema(const Schema& schema);
Json openapi_schema(const Field& field);

}  // namespace tidemill::server::airflow
