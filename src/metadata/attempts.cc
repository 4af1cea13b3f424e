#include "metadata/attempts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"

namespace tidemill::metadata {
namespace {

std::optional<Attempt> attempt_from(const std::optional<Row>& row) {
  if (!row) return std::nullopt;
  return Attempt{row->text(0), row->text(1),    row->text(2),
                 row->text(3), row->integer(4), row->optional_integer(5)};
}

void end_attempt(Database& database, const std::string& id, const std::string& state, int64_t now_ms) {
  // Later than every attempt ended before it, whatever the clock says, so that "latest" is one.
  const auto last = database.query_first("SELECT MAX(closed_at_ms) FROM attempt");
  const int64_t closed_at_ms = last->is_null(0) ? now_ms : std::max(now_ms, last->integer(0) + 1);
  const int64_t changed = execute_counted(
      database, "UPDATE attempt SET state = ?, closed_at_ms = ? WHERE id = ? AND state = 'open'",
      {state, closed_at_ms, id});
  if (changed != 1) throw Error(ErrorCode::kConflict, fmt::format("attempt {} is not open", id));
}

}  // namespace

void open_attempt(Database& database, const Attempt& attempt) {
  Transaction transaction(database);
  if (const auto open = find_open_attempt(database)) {
    throw Error(ErrorCode::kConflict,
                fmt::format("attempt {} of {} is still open; it has to be finished before another one starts",
                            open->id, open->data_date));
  }
  execute_counted(
      database,
      "INSERT INTO attempt (id, data_date, data_manifest_hash, planned, state, created_at_ms) "
      "VALUES (?, ?, ?, ?, 'open', ?)",
      {attempt.id, attempt.data_date, attempt.data_manifest_hash, attempt.planned, attempt.created_at_ms});
  transaction.commit();
}

std::optional<Attempt> find_open_attempt(Database& database) {
  return attempt_from(
      database.query_first("SELECT id, data_date, data_manifest_hash, planned, created_at_ms, closed_at_ms "
                           "FROM attempt WHERE state = 'open'"));
}

std::optional<Attempt> find_attempt(Database& database, const std::string& id) {
  return attempt_from(
      database.query_first("SELECT id, data_date, data_manifest_hash, planned, created_at_ms, closed_at_ms "
                           "FROM attempt WHERE id = ? AND state <> 'abandoned'",
                           {id}));
}

void close_attempt(Database& database, const std::string& id, int64_t now_ms) {
  end_attempt(database, id, "closed", now_ms);
}

void abandon_attempt(Database& database, const std::string& id, int64_t now_ms) {
  end_attempt(database, id, "abandoned", now_ms);
}

std::optional<Attempt> latest_closed_attempt(Database& database) {
  return attempt_from(
      database.query_first("SELECT id, data_date, data_manifest_hash, planned, created_at_ms, closed_at_ms "
                           "FROM attempt WHERE state = 'closed' ORDER BY closed_at_ms DESC LIMIT 1"));
}

}  // namespace tidemill::metadata
