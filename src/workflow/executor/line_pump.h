#pragma once
// What a process prints, line by line into its log: each line a record of level info (stdout) or error
// (stderr), as Airflow's supervisor writes them.

#include <memory>
#include <string>

#include "workflow/executor/file_descriptor.h"
#include "workflow/executor/task_log.h"

namespace tidemill::workflow {

class LinePump {
 public:
  // `pipe` is the reading end and does not block.
  LinePump(FileDescriptor pipe, std::string logger, std::string level)
      : pipe_(std::move(pipe)), logger_(std::move(logger)), level_(std::move(level)) {}

  int fd() const { return pipe_.get(); }

  // The file is opened when the first line comes. Lines before this call are dropped.
  void set_log(std::string path, uint64_t max_bytes);

  // Takes what is there, at most 1 MiB so that one chatty task does not keep the others waiting. False: all
  // who could write are gone.
  bool pump();

  // A last line without its end.
  void finish();

 private:
  bool pump_block();
  void add_line(std::string& lines, std::string_view text) const;
  void write(const std::string& lines);

  FileDescriptor pipe_;
  std::string logger_, level_, log_path_, rest_;
  uint64_t max_log_bytes_ = 0;
  std::unique_ptr<TaskLog> log_;
};

}  // namespace tidemill::workflow
