#pragma once
// Database on a PostgreSQL server, through libpq.
//
// A write transaction takes an advisory lock of its schema at once, as SQLite's takes the file's: Tidemill's
// writers go one after the other, MLflow's are kept apart by row locks only. A connection that was lost
// while idle is replaced without a word; so is one lost by a query outside a transaction. When the reply to
// a COMMIT is lost, the server is asked afterwards whether it happened; one that was restarted meanwhile may
// not know.

#include <filesystem>
#include <memory>
#include <string>

#include "metadata/database.h"

namespace tidemill::metadata::postgres {

// `rest` is what follows "postgresql:" in the URI. The database has to exist, whatever options.create says.
std::unique_ptr<Database> open(const std::string& rest, const std::filesystem::path& base_dir,
                               const OpenOptions& options);

}  // namespace tidemill::metadata::postgres
