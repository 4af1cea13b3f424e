#include "engine/duckdb/duckdb_engine.h"

#include <algorithm>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "engine/duckdb/duckdb_session.h"
#include "engine/duckdb/duckdb_types.h"
#include "engine/duckdb/handles.h"
#include "engine/duckdb/row_expression.h"
#include "engine/duckdb/row_function.h"
#include "engine/duckdb/row_streams.h"
#include "engine/duckdb/s3_folder.h"
#include "engine/duckdb/workers.h"

namespace tidemill::engine::duckdb {
namespace {

std::string absolute_path(const std::filesystem::path& path) {
  return std::filesystem::weakly_canonical(std::filesystem::absolute(path)).string();
}

void set_option(duckdb_config config, const char* name, const std::string& value) {
  if (duckdb_set_config(config, name, value.c_str()) != DuckDBSuccess) {
    throw Error(ErrorCode::kInternal, fmt::format("DuckDB does not know the option {} = '{}'", name, value));
  }
}

Config make_config(const EngineOptions& options) {
  duckdb_config raw = nullptr;
  if (duckdb_create_config(&raw) != DuckDBSuccess)
    throw Error(ErrorCode::kInternal, "cannot configure DuckDB");
  Config config(raw);
  // DuckDB plans a COPY for one thread differently, with other row groups and so other bytes: plan for two.
  // It starts none that are "external": those are ours, and may be fewer.
  const std::string threads = std::to_string(std::max(options.thread_count, 2));
  set_option(raw, "threads", threads);
  set_option(raw, "external_threads", threads);
  if (options.memory_limit_bytes > 0) {
    set_option(raw, "memory_limit", fmt::format("{}B", options.memory_limit_bytes));
  }
  // Without a folder of its own DuckDB would spill into ".tmp" of the working directory.
  set_option(raw, "temp_directory", options.spill_dir.empty() ? "" : absolute_path(options.spill_dir));
  set_option(raw, "preserve_insertion_order", "true");
  set_option(raw, "autoinstall_known_extensions", "false");
  set_option(raw, "autoload_known_extensions", "false");
  set_option(raw, "allow_persistent_secrets", "false");  // none are looked for in the user's home
  return config;
}

// What SQL may touch, then the lock that keeps SQL from changing it. These options are refused before the
// database is open. DuckDB resolves symbolic links and ".." on both sides of the comparison.
std::string lock_down_sql(const EngineOptions& options) {
  std::vector<std::string> folders;
  for (const std::string& path : options.readable_paths)
    folders.push_back(quote_literal(absolute_path(path)));
  if (options.s3_folder) folders.push_back(quote_literal(options.s3_folder->uri));
  return fmt::format(
      "SET TimeZone = 'UTC'; SET allowed_directories = [{}]; SET enable_external_access = false; "
      "SET lock_configuration = true",
      join(folders));
}

class DuckdbEngine final : public Engine {
 public:
  explicit DuckdbEngine(const EngineOptions& options) {
    const Config config = make_config(options);
    duckdb_database raw = nullptr;
    char* message = nullptr;
    if (duckdb_open_ext(":memory:", &raw, config.get(), &message) != DuckDBSuccess) {
      const std::unique_ptr<char, void (*)(void*)> owned(message, &duckdb_free);
      throw to_error(message);
    }
    database_.reset(raw);
    workers_.start(database_.get(), std::max(options.thread_count, 1) - 1);
    streams_.register_with(database_.get());
    if (options.s3_folder) new_session()->execute(s3_folder_sql(*options.s3_folder));
    new_session()->execute(lock_down_sql(options));
  }

  std::unique_ptr<Session> new_session() override {
    return std::make_unique<DuckdbSession>(database_.get(), streams_, names_, ended_);
  }

  std::string version() const override { return duckdb_library_version(); }

  RowExpression check_row_expression(const std::string& name, const std::string& expression,
                                     const std::vector<Column>& columns) override {
    DuckdbSession session(database_.get(), streams_, names_, ended_);
    return duckdb::check_row_expression(session, name, expression, columns);
  }

 private:
  RowStreams streams_;  // before the database, which refers to it
  FunctionNames names_;
  std::shared_ptr<EndedConnections> ended_ = std::make_shared<EndedConnections>();
  Database database_;
  Workers workers_;  // end first
};

}  // namespace

std::unique_ptr<Engine> open_duckdb(const EngineOptions& options) {
  return std::make_unique<DuckdbEngine>(options);
}

}  // namespace tidemill::engine::duckdb
