#pragma once
// Database on a SQLite file: WAL (readers never wait), synchronous FULL (a commit survives power loss),
// foreign keys enforced, LIKE case-sensitive and a collation "C" as in PostgreSQL. Can be
// read on a read-only file system.

#include <filesystem>
#include <memory>
#include <string>

#include "metadata/database.h"

namespace tidemill::metadata::sqlite {

// `rest` is what follows "sqlite:" in the URI.
std::unique_ptr<Database> open(const std::string& rest, const std::filesystem::path& base_dir,
                               const OpenOptions& options);

}  // namespace tidemill::metadata::sqlite
