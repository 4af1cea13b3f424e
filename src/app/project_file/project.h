#pragma once
// The project file, read: plain option structs for every stage, checked whole before anything runs.
// What may stand in the file is declared once, in project_settings.cc, block_settings.cc and alert_blocks.cc.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "app/project_file/value.h"
#include "dags/alerts.h"
#include "dags/retention_options.h"
#include "dags/schedule.h"
#include "pipeline/ingest/ingest.h"
#include "pipeline/prepare/prepare.h"
#include "pipeline/train/train.h"
#include "pipeline/validate/validate.h"
#include "storage/object_store.h"

namespace tidemill::app {

// Variables of the environment by name. Those that start with "TIDEMILL__" override settings:
// TIDEMILL__STORAGE__URI is storage.uri. Text is taken as it stands, everything else as TOML writes it.
using Environment = std::map<std::string, std::string>;
Environment process_environment();

struct TrackingOptions {
  std::string uri;               // "sqlite:mlflow.db"
  std::string artifacts;         // folder relative to the project, "data/mlflow", or "s3://bucket/prefix"
  std::string experiment;        // "customer_churn_prediction"
  std::string registered_model;  // "customer_churn_model"
};

// A setting with the value that holds and where it comes from; for `config show`.
struct EffectiveSetting {
  std::string key;
  Value value;
  Place place;
  bool is_set = true;  // false: absent, and absence means something ("not set" is shown)
};

// "[prepare]", "[[models]]": in the order of the reference page, repeated blocks in the order of the file.
struct EffectiveSection {
  std::string name;
  bool repeated = false;
  std::vector<EffectiveSetting> settings;
};

struct Project {
  std::filesystem::path dir;  // absolute
  std::string name;
  std::string task;  // "regression"
  pipeline::TableRoles roles;
  uint64_t seed = 0;
  std::string storage_uri;  // "file:data/features", relative to dir
  // How places of objects are reached, the artifacts' too; with the environment's AWS_* variables.
  storage::StoreOptions stores;
  std::string metadata_uri;  // "sqlite:tidemill.db", relative to dir
  TrackingOptions tracking;
  int thread_count = 1;             // [engine] threads, 0 already resolved to the cores of this machine
  uint64_t memory_limit_bytes = 0;  // 0: the engine's own choice

  // Complete: roles, seed, threads and project_dir are filled in.
  pipeline::IngestOptions ingest;
  pipeline::ValidateOptions validate;
  pipeline::PrepareOptions prepare;
  pipeline::TrainOptions train;
  dags::ScheduleOptions schedule;
  std::vector<dags::AlertOptions> alerts;
  dags::RetentionOptions retention;

  std::vector<EffectiveSection> effective;
};

// Reads dir/tidemill.toml. Errors: kNotFound without the file; kInvalidArgument with every mistake of the
// file and of the overriding variables, one a line, each with place, key, what is allowed and the nearest
// name; kNotImplemented when all that is wrong is not built yet.
Project load_project(const std::filesystem::path& dir, const Environment& environment);

// As load_project, from text instead of a file; `dir` is where the project would stand.
Project parse_project(std::string_view text, const std::filesystem::path& dir,
                      const Environment& environment);

// The mistakes load_project would throw, one each; empty when there are none. Errors: kNotFound.
std::vector<std::string> check_project(const std::filesystem::path& dir, const Environment& environment);

// The SQL of features and rules against the columns that the source makes. Checks nothing for files, whose
// columns are known when the first day has arrived: the stages check then. Cost: about 10 ms.
// Errors: kInvalidArgument naming the place, the feature and what is wrong.
void check_sql(const Project& project, engine::Engine& engine);

// Every setting with its value and where it comes from, passwords hidden. As text it is a valid project file
// with the origin as comment; as JSON {"sections": [{"name", "settings": [{"key", "value", "origin"}]}]}.
std::string show_project(const Project& project);
Json project_to_json(const Project& project);

// The reference page: Markdown made from the declarations. The committed copy is
// docs/reference/project-file.md.
std::string project_file_reference();

}  // namespace tidemill::app
