#pragma once
// Tasks as processes of this machine.
//
//   scheduler ──socket──► launcher ──fork──► worker (one task) ──► what the task starts
//       └──────socket──► guardian ──fork──┘ (launcher)
//
// The launcher is forked before any thread or heavy library exists, so that it may fork again at any time in
// about a millisecond; it keeps some workers that wait for a task, hands them their task, wraps what they
// print into log records (task_log.h), holds limits, and tells of each end in the moment in which it happens
// (SIGCHLD). Nothing is polled but the memory of tasks that have a limit.
//
// Nothing outlives its parent. A task is a process group of its own, and whatever it started is ended with
// it, also what left the group: launcher and worker are subreapers. When the scheduler dies, the launcher
// sees its socket close and kills all. When the launcher dies, the kernel signals the workers, which take
// their groups with them; the guardian kills the rest, forks another launcher, and only then the scheduler
// reports the tasks as ended. A guardian that dies takes its launcher along; the executor is lost then, and
// the program has to be started again.

#include <cstdint>
#include <memory>

#include "workflow/executor.h"

namespace tidemill::workflow {

struct LauncherOptions {
  int parallelism = 32;                         // tasks at the same time, Airflow's core.parallelism
  int idle_worker_count = -1;                   // waiting workers; -1: as many as the parallelism, at most 4
  int64_t grace_ms = 10'000;                    // from SIGTERM to SIGKILL, for time limits and cancel()
  int64_t memory_check_interval_ms = 50;        // of tasks with a memory limit
  uint64_t max_log_bytes = uint64_t{64} << 20;  // of one try; the rest is dropped, which its last line says
};

// To be called from main's thread before any other thread is started. `run_task` is copied into the launcher
// as it is now, and runs in processes in which only stdin (/dev/null), stdout, stderr (both to the log) are
// open. The executor is for one thread at a time. Destroying it kills what runs, and returns when all of it
// is gone.
//
// Memory limit: what the task and all it started hold resident beyond the program's own pages, looked at
// every memory_check_interval_ms, then SIGKILL. Not RLIMIT_AS, which counts address space that DuckDB, ONNX
// Runtime and thread stacks reserve and never touch, and shows as any error the code makes of a failed
// allocation.
//
// Errors: kResourceExhausted, kUnavailable when no process can be made.
std::unique_ptr<Executor> start_launcher(const RunTask& run_task, LauncherOptions options);

}  // namespace tidemill::workflow
