#include "cli/text_files.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fcntl.h>
#include <unistd.h>

#include "base/error.h"
#include "base/id.h"

namespace tidemill::cli {

namespace {

// A crash after the renaming must not leave a name without its bytes.
bool synced(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const int failure = fsync(fd) == 0 ? 0 : errno;
  close(fd);
  errno = failure;
  return failure == 0;
}

}  // namespace

std::optional<std::string> read_text_file(const std::string& path) {
  if (!std::filesystem::exists(path)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  if (!file || std::filesystem::is_directory(path)) throw_system_error(errno, "read", path);
  return text.str();
}

void write_text_file(const std::string& path, const std::string& text) {
  // A terminal or a pipe such as /dev/stdout is no file to be replaced.
  const bool is_replaced = !std::filesystem::exists(path) || std::filesystem::is_regular_file(path);
  const std::string written = is_replaced ? path + ".new-" + new_id().substr(0, 8) : path;
  std::ofstream file(written, std::ios::binary);
  file << text;
  file.close();
  const bool is_written = file && (!is_replaced || synced(written));
  if (is_written && is_replaced) {
    std::filesystem::rename(written, path);
  } else if (!is_written) {
    const int failure = errno;
    std::error_code ignored;
    if (is_replaced) std::filesystem::remove(written, ignored);
    throw_system_error(failure, "write", path);
  }
}

}  // namespace tidemill::cli
