#include "workflow/log_files.h"

#include <system_error>

#include <fmt/format.h>

#include "base/digest.h"

namespace tidemill::workflow {
namespace {

namespace fs = std::filesystem;

// "run_id=manual__2026-11-01T00:00:00+00:00". A run id of 250 letters is Airflow's to accept.
std::string folder_name(std::string name, const std::string& value) {
  constexpr size_t kMaxBytes = 255;  // NAME_MAX of Linux's file systems
  constexpr size_t kHashDigits = 16;
  for (const char c : value) {
    const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                          c == '-' || c == '_' || c == '.' || c == '+' || c == ':';
    name += is_plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  if (name.size() <= kMaxBytes) return name;
  name.resize(kMaxBytes - kHashDigits - 1);
  return name + "~" + sha256_hex(value).substr(0, kHashDigits);  // '~' is in no other name
}

}  // namespace

std::string log_file(const std::string& log_dir, const TaskInstance& instance) {
  return fmt::format("{}/{}/{}/{}/attempt={}.log", log_dir, folder_name("dag_id=", instance.dag_id),
                     folder_name("run_id=", instance.run_id), folder_name("task_id=", instance.task_id),
                     instance.try_number);
}

fs::path run_log_folder(const fs::path& log_dir, const DagRun& run) {
  return log_dir / folder_name("dag_id=", run.dag_id) / folder_name("run_id=", run.run_id);
}

void remove_run_logs(const fs::path& log_dir, const DagRun& run) {
  std::error_code failure;
  fs::remove_all(run_log_folder(log_dir, run), failure);
}

}  // namespace tidemill::workflow
