#pragma once
// What app/ hands to the commands.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dags/services.h"

namespace tidemill::cli {

using dags::Services;
using dags::WriterLock;

class Application {
 public:
  virtual ~Application() = default;
  virtual Services& open(const std::string& project_dir) = 0;
  // The same project with connections of its own, for another thread. Needs open() before; safe for many
  // threads after it.
  virtual std::unique_ptr<Services> open_again() const = 0;
  // For what is never in a file or an argument. nullopt when it is unset or empty.
  virtual std::optional<std::string> environment_variable(const std::string& name) const = 0;
  virtual void init_project(const std::string& dir, const std::string& example) = 0;
  virtual std::vector<std::string> examples() const = 0;
  virtual std::string project_file_reference() const = 0;  // Markdown
  virtual std::string version() const = 0;
};

}  // namespace tidemill::cli
