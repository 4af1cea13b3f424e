#pragma once
// A process that waits for one task, runs it and ends.

#include <sys/types.h>

#include "workflow/executor.h"
#include "workflow/executor/file_descriptor.h"

namespace tidemill::workflow {

// The launcher's ends of a worker's sockets and pipes.
struct WorkerProcess {
  pid_t pid = 0;
  FileDescriptor channel;  // a kLaunch message in, a kReport out
  FileDescriptor standard_output, standard_error;
};

// Forks. To be called by a process with one thread. Errors: kResourceExhausted, kUnavailable.
WorkerProcess fork_worker(const RunTask& run_task);

}  // namespace tidemill::workflow
