#include "workflow/executor/process_tree.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "workflow/executor/file_descriptor.h"

namespace tidemill::workflow {
namespace {

std::string read_small_file(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string content(1024, '\0');
  const ssize_t got = file ? read(file.get(), content.data(), content.size()) : 0;
  content.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return content;
}

}  // namespace

std::vector<ProcessEntry> list_processes() {
  std::vector<ProcessEntry> processes;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(opendir("/proc"), &closedir);
  while (const dirent* entry = folder ? readdir(folder.get()) : nullptr) {
    if (entry->d_name[0] < '1' || entry->d_name[0] > '9') continue;
    const std::string stat = read_small_file(std::string("/proc/") + entry->d_name + "/stat");
    // "pid (name) state parent group": the name may hold anything.
    const size_t name_end = stat.rfind(") ");
    ProcessEntry process;
    char state = 0;
    if (name_end != std::string::npos &&
        std::sscanf(stat.c_str() + name_end + 2, "%c %d %d", &state, &process.parent, &process.group) == 3) {
      process.pid = std::atoi(entry->d_name);
      processes.push_back(process);
    }
  }
  return processes;
}

std::vector<pid_t> list_children() {
  std::vector<pid_t> children;
  const std::string self = std::to_string(getpid());
  if (std::ifstream file("/proc/self/task/" + self + "/children"); file) {
    for (pid_t pid = 0; file >> pid;) children.push_back(pid);
    return children;
  }
  for (const ProcessEntry& process : list_processes()) {
    if (process.parent == getpid()) children.push_back(process.pid);
  }
  return children;
}

uint64_t own_resident_bytes(pid_t pid) {
  static const auto page_bytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  unsigned long long size = 0, resident = 0, shared = 0;
  const std::string statm = read_small_file("/proc/" + std::to_string(pid) + "/statm");
  if (std::sscanf(statm.c_str(), "%llu %llu %llu", &size, &resident, &shared) != 3) return 0;
  return resident > shared ? (resident - shared) * page_bytes : 0;
}

uint64_t tree_resident_bytes(pid_t root, const std::vector<ProcessEntry>& processes) {
  uint64_t bytes = own_resident_bytes(root);
  for (const ProcessEntry& process : processes) {
    if (process.parent == root) bytes += tree_resident_bytes(process.pid, processes);
  }
  return bytes;
}

void kill_all_descendants() {
  while (true) {
    std::vector<pid_t> children;
    for (const ProcessEntry& process : list_processes()) {
      if (process.parent == getpid()) children.push_back(process.pid);
    }
    if (children.empty()) break;
    for (const pid_t child : children) {
      kill(-child, SIGKILL);  // its group, when it leads one
      kill(child, SIGKILL);
    }
    for (const pid_t child : children) {
      while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
      }
    }
  }
}

}  // namespace tidemill::workflow
