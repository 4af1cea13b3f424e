#include "storage/scratch_dir.h"

#include <system_error>

namespace tidemill::storage {

ScratchDir::~ScratchDir() {
  // What cannot be removed now is invisible, and sweep() tries again.
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void ScratchDir::publish(const std::string& prefix) {
  store_.publish(prefix, path_);
}

}  // namespace tidemill::storage
