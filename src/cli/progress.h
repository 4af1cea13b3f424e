#pragma once
// What a person sees while a command works: a bar on a terminal, nothing in a pipe.

#include <chrono>
#include <iosfwd>
#include <string>

#include "pipeline/dataset.h"

namespace tidemill::cli {

class TerminalProgress final : public pipeline::Progress {
 public:
  // `enabled` is false where the stream is no terminal. `label` starts the line: the day or the command.
  TerminalProgress(std::ostream& err, bool enabled) : err_(err), enabled_(enabled) {}
  ~TerminalProgress() override { clear(); }

  void set_label(std::string label) { label_ = std::move(label); }
  // How much of the whole is done before this part, and this part's share of it.
  void set_part(double start, double share) {
    start_ = start;
    share_ = share;
  }
  void step(const std::string& what, double fraction_done) override;
  void clear();

 private:
  std::ostream& err_;
  bool enabled_;
  bool drawn_ = false;
  std::string label_;
  double start_ = 0, share_ = 1;
  std::chrono::steady_clock::time_point last_drawn_{};
};

// Steps as lines, each once: for the log of a task.
class LineProgress final : public pipeline::Progress {
 public:
  explicit LineProgress(std::ostream& log) : log_(log) {}
  void step(const std::string& what, double fraction_done) override;

 private:
  std::ostream& log_;
  std::string last_;
};

}  // namespace tidemill::cli
