#pragma once
// A program that is told something on its standard input.

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace tidemill::workflow {

// Runs `command` without a shell in `folder`, with this process's environment, in a process group of its own,
// which is killed when the program has ended, when the time is over and when `stop` is set. Returns "" when
// it ended with 0, else one sentence with the last line of what it printed. The program does not outlive it.
// SIGPIPE is blocked or ignored in the calling thread. Errors: those of throw_system_error when no process
// can be made.
std::string run_command(const std::vector<std::string>& command, const std::string& input,
                        const std::filesystem::path& folder, int64_t timeout_ms,
                        const std::atomic<bool>& stop);

}  // namespace tidemill::workflow
