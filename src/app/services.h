#pragma once
// From the project file to opened services: the only place that knows which implementation is behind an
// interface.

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "app/project_file/project.h"
#include "cli/services.h"

namespace tidemill::app {

class ProjectServices final : public dags::Services {
 public:
  // `notify` hears what a person should know ("this project was moved: ...").
  ProjectServices(Project project, std::function<void(const std::string&)> notify);

  const Project& project() const { return project_; }
  const std::filesystem::path& project_dir() const override { return project_.dir; }
  const dags::ProjectOptions& options() const override { return options_; }
  std::string show_config(bool as_json) const override;
  Clock& clock() override { return clock_; }
  storage::ObjectStore& objects() override;
  std::unique_ptr<storage::ObjectStore> open_objects(const std::string& uri) override;
  storage::ObjectStore& artifacts() override;
  void sweep() override;
  engine::Engine& engine() override;
  void close_engine() override;
  metadata::Database& metadata() override;
  metadata::Database& metadata_for_writing() override;
  tracking::Store& tracking() override;
  void do_not_wait_for_servers() override { is_patient_ = false; }
  std::unique_ptr<engine::Engine> engine_for_file(const std::filesystem::path& file) override;
  std::optional<std::string> present_writer() override;
  std::unique_ptr<dags::WriterLock> lock_for_writing(
      metadata::LockMode mode, int timeout_s,
      const std::function<void(const std::string&)>& on_wait) override;
  void close_databases();

 private:
  void become_writer();

  engine::EngineOptions engine_options() const;
  // Where [tracking] says that a database's artifacts go.
  std::string artifact_root();
  // Where the tracking store says that the project's experiment has them: a root that its experiments share.
  std::string experiment_artifacts();

  Project project_;
  dags::ProjectOptions options_;
  std::function<void(const std::string&)> notify_;
  SystemClock clock_;
  std::unique_ptr<storage::ObjectStore> objects_, artifacts_;
  std::unique_ptr<engine::Engine> engine_;
  std::unique_ptr<metadata::Database> metadata_;
  std::unique_ptr<tracking::Store> tracking_;
  bool is_writer_ = false;
  bool is_patient_ = true;
};

class TidemillApplication final : public cli::Application {
 public:
  TidemillApplication(Environment environment, std::function<void(const std::string&)> notify)
      : environment_(std::move(environment)), notify_(std::move(notify)) {}

  dags::Services& open(const std::string& project_dir) override;
  std::unique_ptr<dags::Services> open_again() const override;
  std::optional<std::string> environment_variable(const std::string& name) const override;
  void init_project(const std::string& dir, const std::string& example) override;
  std::vector<std::string> examples() const override;
  std::string project_file_reference() const override;
  std::string version() const override;
  // Closes the databases; the last thing before the process ends.
  void close_databases();

 private:
  Environment environment_;
  std::function<void(const std::string&)> notify_;
  std::unique_ptr<ProjectServices> services_;
};

}  // namespace tidemill::app
