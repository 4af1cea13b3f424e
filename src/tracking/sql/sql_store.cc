#include "tracking/sql/sql_store.h"

#include <span>

#include <fmt/format.h>

#include "base/error.h"
#include "metadata/dialect_lines.h"
#include "tracking/sql/open.h"
#include "tracking/sql/rows.h"

namespace tidemill::tracking::sql {

// schema.sql, carried inside the program.
std::span<const std::pair<std::string_view, std::string_view>> schema_files();

namespace {

class TransactionBatch final : public Batch {
 public:
  explicit TransactionBatch(metadata::Database& database) : transaction_(database) {}
  void commit() override { transaction_.commit(); }

 private:
  metadata::Transaction transaction_;
};

}  // namespace

std::unique_ptr<Store> open(const std::string& uri, const std::filesystem::path& base_dir,
                            const StoreOptions& options, const Clock& clock) {
  std::string root = options.artifact_root;
  if (!root.starts_with("s3://")) {
    if (!root.starts_with('/')) {
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("the artifact root '{}' must be an absolute path or an s3:// URI", root));
    }
    root = std::filesystem::path(root).lexically_normal().string();
  }
  while (root.size() > 1 && root.ends_with('/')) root.pop_back();
  auto database = metadata::open_database(uri, base_dir, {.create = options.create});
  auto store = std::make_unique<SqlStore>(std::move(database), std::move(root), clock);
  store->prepare_schema(options.create);
  return store;
}

std::unique_ptr<Batch> SqlStore::begin() {
  return std::make_unique<TransactionBatch>(*database_);
}

void SqlStore::prepare_schema(bool create) {
  if (!database_->has_table("alembic_version")) {
    if (!create) throw Error(ErrorCode::kNotFound, fmt::format("{} holds no tracking store", uri()));
    create_schema();
  }
  check_schema();
}

void SqlStore::create_schema() {
  metadata::Transaction transaction(*database_);
  // Another program may have made it while this one waited for the lock.
  if (database_->has_table("alembic_version")) return;
  if (database_->has_table("schema_migrations")) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} holds other tables: the tracking store needs a database of its own, or on "
                            "PostgreSQL a schema (?options=-csearch_path%3Dmlflow)",
                            uri()));
  }
  for (const auto& [name, sql] : schema_files()) {
    database_->execute_script(metadata::lines_for(database_->dialect(), sql));
  }
  const int64_t now_ms = clock_.now_ms();
  database_->execute(
      "INSERT INTO experiments (experiment_id, name, artifact_location, lifecycle_stage, creation_time, "
      "last_update_time) VALUES (0, 'Default', ?, 'active', ?, ?)",
      {append_path(artifact_root_, "0"), now_ms, now_ms});
  record_artifact_root();
  transaction.commit();
}

void SqlStore::check_schema() {
  const auto revision = database_->query_first("SELECT version_num FROM alembic_version");
  if (!revision || !database_->has_column("inputs", "step") || !database_->has_table("logged_models")) {
    throw Error(
        ErrorCode::kConflict,
        fmt::format("{} is an MLflow database of an older kind (revision {}): bring it up to date with "
                    "`mlflow db upgrade`, MLflow 3.0 or newer",
                    uri(), revision ? revision->text(0) : "none"));
  }
  if (!database_->has_table("workspaces")) return;
  for (const char* table : {"experiments", "registered_models"}) {
    const std::string sql = fmt::format("SELECT 1 FROM {} WHERE workspace <> 'default' LIMIT 1", table);
    if (!database_->query(sql).empty()) {
      throw Error(
          ErrorCode::kNotImplemented,
          fmt::format("{} has {} outside the default workspace; MLflow's workspaces are not supported", uri(),
                      table));
    }
  }
}

std::vector<Tag> SqlStore::tags_of(std::string_view sql, const std::vector<metadata::Value>& parameters) {
  std::vector<Tag> tags;
  for (const metadata::Row& row : database_->query(sql, parameters)) {
    tags.push_back({row.text(0), text_or_empty(row, 1)});
  }
  return tags;
}

}  // namespace tidemill::tracking::sql
