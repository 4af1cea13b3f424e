#pragma once
// For tests: a database under a scheduler that dies, or is refused, between any two statements.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "metadata/database.h"

namespace tidemill::workflow::testing {

// The process is gone: nothing catches this but the test. No std::exception on purpose.
struct Crash {};

// What is committed in `inner` stays, what was begun is undone, as when a process is killed.
class CrashingDatabase final : public metadata::Database {
 public:
  enum class Fault {
    kCrash,  // from then on every call throws Crash
    kError,  // one call throws an Error; a commit may have been kept all the same
  };

  explicit CrashingDatabase(metadata::Database& inner) : inner_(inner) {}

  // The fault comes at the `step`-th step from now: a statement is one, a commit is two (before and after).
  void arm(Fault fault, int step) { armed_ = {fault, step}; }
  void disarm() { armed_ = std::nullopt; }
  bool is_armed() const { return armed_.has_value(); }
  // Called before the next transaction begins, once: what somebody else does in that moment.
  std::function<void()> before_write;
  // At once, between two calls.
  [[noreturn]] void die() {
    is_dead_ = true;
    throw Crash();
  }

  int64_t execute(std::string_view sql, const std::vector<metadata::Value>& parameters) override {
    step();
    return inner_.execute(sql, parameters);
  }
  std::vector<metadata::Row> query(std::string_view sql,
                                   const std::vector<metadata::Value>& parameters) override {
    step();
    return inner_.query(sql, parameters);
  }
  void execute_script(std::string_view sql) override {
    // Savepoints are undone while the stack unwinds.
    if (sql.starts_with("ROLLBACK")) {
      if (!is_dead_) inner_.execute_script(sql);
      return;
    }
    step();
    inner_.execute_script(sql);
  }
  bool has_table(std::string_view name) override { return inner_.has_table(name); }
  bool has_column(std::string_view table, std::string_view column) override {
    return inner_.has_column(table, column);
  }
  std::string uri() const override { return inner_.uri(); }
  metadata::Dialect dialect() const override { return inner_.dialect(); }

 private:
  void begin_write() override {
    step();
    if (before_write) std::exchange(before_write, nullptr)();
    writing_ = std::make_unique<metadata::Transaction>(inner_);
  }
  void begin_read() override {
    step();
    reading_ = std::make_unique<metadata::ReadTransaction>(inner_);
  }
  void commit() override {
    step();
    writing_->commit();
    writing_.reset();
    step();
  }
  void rollback() override {
    writing_.reset();
    reading_.reset();
  }

  void step() {
    if (is_dead_) throw Crash();
    if (!armed_ || --armed_->second > 0) return;
    const Fault fault = std::exchange(armed_, std::nullopt)->first;
    if (fault == Fault::kError) throw Error(ErrorCode::kUnavailable, "the connection was lost");
    die();
  }

  metadata::Database& inner_;
  std::unique_ptr<metadata::Transaction> writing_;
  std::unique_ptr<metadata::ReadTransaction> reading_;
  std::optional<std::pair<Fault, int>> armed_;
  bool is_dead_ = false;
};

}  // namespace tidemill::workflow::testing
