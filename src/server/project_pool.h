#pragma once
// Opened projects for threads that need one now and then. Those that nobody has are kept, without their SQL
// engines, which hold memory, so that most requests open nothing.

#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "dags/services.h"

namespace tidemill::server {

// Safe for many threads.
class ProjectPool {
 public:
  explicit ProjectPool(std::function<std::unique_ptr<dags::Services>()> open) : open_(std::move(open)) {}

  // Back in the pool when it goes away.
  class Loan {
   public:
    Loan(ProjectPool& pool, std::unique_ptr<dags::Services> project)
        : pool_(pool), project_(std::move(project)) {}
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    ~Loan();
    dags::Services& operator*() { return *project_; }

   private:
    ProjectPool& pool_;
    std::unique_ptr<dags::Services> project_;
  };
  Loan borrow();

 private:
  std::function<std::unique_ptr<dags::Services>()> open_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<dags::Services>> idle_;
};

}  // namespace tidemill::server
