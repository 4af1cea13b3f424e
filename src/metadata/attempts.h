#pragma once
// A training touches two databases and a folder of artifacts, and nothing commits all of them at once. So an
// attempt is written down first, and everything it makes carries its id (tag tidemill.attempt_id). After a
// crash the open attempt is found, what it made is found by the tag and finished, and nothing is made twice.
// The transaction that sets the Variables also closes the attempt.

#include <cstdint>
#include <optional>
#include <string>

#include "metadata/database.h"

namespace tidemill::metadata {

struct Attempt {
  std::string id;
  std::string data_date;           // of the prepared data it trains on, "2026-11-01"
  std::string data_manifest_hash;  // what "new data" is decided by
  std::string planned;             // JSON of the planned runs, for the one who resumes
  int64_t created_at_ms = 0;
  std::optional<int64_t> closed_at_ms;  // absent: open
};

// Durable on return when called outside a transaction: call it before the first effect.
// Errors: kConflict when another attempt is open (resume that one, or close it).
void open_attempt(Database& database, const Attempt& attempt);
std::optional<Attempt> find_open_attempt(Database& database);
// Call inside the transaction that publishes the outcome. Errors: kConflict when it is not open.
void close_attempt(Database& database, const std::string& id, int64_t now_ms);
// For an attempt whose data is gone: it no longer stands in the way and does not count as a training.
void abandon_attempt(Database& database, const std::string& id, int64_t now_ms);
// Open or closed; nullopt when there is none of that id, or it was abandoned.
std::optional<Attempt> find_attempt(Database& database, const std::string& id);
// The last one closed.
std::optional<Attempt> latest_closed_attempt(Database& database);

}  // namespace tidemill::metadata
