#include "server/project_pool.h"

namespace tidemill::server {

ProjectPool::Loan::~Loan() {
  project_->close_engine();
  const std::lock_guard lock(pool_.mutex_);
  pool_.idle_.push_back(std::move(project_));
}

ProjectPool::Loan ProjectPool::borrow() {
  {
    const std::lock_guard lock(mutex_);
    if (!idle_.empty()) {
      auto project = std::move(idle_.back());
      idle_.pop_back();
      return {*this, std::move(project)};
    }
  }
  return {*this, open_()};
}

}  // namespace tidemill::server
