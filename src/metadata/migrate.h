#pragma once
// Numbered SQL files bring a database to what the program expects. Table schema_migrations(version, name)
// records which have been applied. Lines that only one database understands end with its name, see
// dialect_lines.h.

#include <span>
#include <string_view>
#include <utility>

#include "metadata/database.h"

namespace tidemill::metadata {

// File name ("0001_variables_and_attempts.sql", numbered from 1 without gaps) and SQL; lines that end with
// "-- sqlite" or "-- postgresql" are for that database alone.
using Migration = std::pair<std::string_view, std::string_view>;

// Those of tidemill.db: src/metadata/migrations/.
std::span<const Migration> project_migrations();

// Applies what is missing, one transaction each; safe when two programs start at once. Costs one query when
// there is nothing to do. Errors: kConflict when the database was written by a newer program.
void migrate(Database& database, std::span<const Migration> migrations);

}  // namespace tidemill::metadata
