#pragma once
// The processes below another, from /proc. Cost: a few microseconds for each process of the machine.

#include <cstdint>
#include <vector>

#include <sys/types.h>

namespace tidemill::workflow {

struct ProcessEntry {
  pid_t pid = 0, parent = 0, group = 0;
};

// All that this process may see, in no order. Empty where there is no /proc.
std::vector<ProcessEntry> list_processes();

// The children of this process, which has one thread. Cost: that of the children alone, where the kernel has
// /proc/PID/task/TID/children. One may be missing when another one ends meanwhile: look again.
std::vector<pid_t> list_children();

// Memory of a process that is its own: resident without what is shared with files.
uint64_t own_resident_bytes(pid_t pid);

// The same for a process and all below it.
uint64_t tree_resident_bytes(pid_t root, const std::vector<ProcessEntry>& processes);

// SIGKILL to all children of this process and, as a subreaper's orphans, to theirs, until none is left. Waits
// for each.
void kill_all_descendants();

}  // namespace tidemill::workflow
