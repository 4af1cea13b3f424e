#pragma once
// The columns a project holds to, and what to say when a delivery has others.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "engine/engine.h"
#include "pipeline/dataset.h"

namespace tidemill::pipeline {

struct HeldSchema {
  std::string place;  // "2026-11-01", for messages
  std::vector<engine::Column> columns;
};

// The columns of the nearest published day: the latest before `date`, else the earliest after it.
std::optional<HeldSchema> find_held_schema(const storage::ObjectStore& store, Date date);

// kSchemaChanged with both schemas side by side. `note` says why a column present in both differs, or "".
Error schema_changed(const HeldSchema& held, const std::string& arriving_place,
                     const std::vector<engine::Column>& arriving,
                     const std::function<std::string(const std::string& column)>& note);

// Whether both have the same names, in any order.
bool same_names(const std::vector<engine::Column>& a, const std::vector<engine::Column>& b);

// nullptr when there is none.
const engine::Column* find_column(const std::vector<engine::Column>& columns, const std::string& name);

// Errors: kInvalidArgument naming `place`, the column, who wants it ("project.key") and the columns there
// are.
void require_column(const std::vector<engine::Column>& columns, const std::string& name,
                    const std::string& who, const std::string& place);

// Key, time (unless "") and target. Errors: as require_column.
void require_roles(const TableRoles& roles, const std::vector<engine::Column>& columns,
                   const std::string& place);

// Errors: kInvalidArgument when the target is neither a number nor a boolean.
void require_numeric_target(const TableRoles& roles, const std::vector<engine::Column>& columns,
                            const std::string& place);

}  // namespace tidemill::pipeline
