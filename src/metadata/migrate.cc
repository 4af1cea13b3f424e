#include "metadata/migrate.h"

#include <fmt/format.h>

#include "base/error.h"
#include "metadata/dialect_lines.h"

namespace tidemill::metadata {
namespace {

int64_t applied_count(Database& database) {
  if (!database.has_table("schema_migrations")) return 0;
  return database.query("SELECT COALESCE(MAX(version), 0) FROM schema_migrations").front().integer(0);
}

void check_known(Database& database, int64_t applied, int64_t known) {
  if (applied <= known) return;
  throw Error(
      ErrorCode::kConflict,
      fmt::format("{} was written by a newer tidemill (schema {}, this one knows {}): use that version",
                  database.uri(), applied, known));
}

}  // namespace

void migrate(Database& database, std::span<const Migration> migrations) {
  const auto known = static_cast<int64_t>(migrations.size());
  int64_t applied = applied_count(database);
  check_known(database, applied, known);
  while (applied < known) {
    Transaction transaction(database);
    // Another program may have applied it while this one waited for the lock.
    applied = applied_count(database);
    check_known(database, applied, known);
    if (applied == known) break;
    if (applied == 0) {
      database.execute_script(
          "CREATE TABLE IF NOT EXISTS schema_migrations (version BIGINT NOT NULL PRIMARY KEY, name TEXT NOT "
          "NULL)");
    }
    const auto& [name, sql] = migrations[static_cast<size_t>(applied)];
    database.execute_script(lines_for(database.dialect(), sql));
    ++applied;
    database.execute("INSERT INTO schema_migrations (version, name) VALUES (?, ?)",
                     {applied, std::string(name)});
    transaction.commit();
  }
}

}  // namespace tidemill::metadata
