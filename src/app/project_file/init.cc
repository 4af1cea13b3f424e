#include "app/project_file/init.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "app/project_file/value.h"
#include "base/error.h"
#include "base/id.h"
#include "base/text.h"

namespace tidemill::app {

// Made at build time from the files in examples/; name and text.
using EmbeddedFiles = std::span<const std::pair<std::string_view, std::string_view>>;
EmbeddedFiles churn_example_files();
EmbeddedFiles telco_example_files();

namespace {

namespace fs = std::filesystem;

constexpr std::pair<std::string_view, EmbeddedFiles (*)()> kExamples[] = {{"churn", &churn_example_files},
                                                                          {"telco", &telco_example_files}};

void sync_folder(const fs::path& dir) {
  const int folder = ::open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder < 0) throw_system_error(errno, "open", dir.string());
  const bool synced = ::fsync(folder) == 0;
  const int error_number = errno;
  ::close(folder);
  if (!synced) throw_system_error(error_number, "save", dir.string());
}

void write_synced(const fs::path& path, std::string_view text) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "wbx"), &std::fclose);
  if (!file) throw_system_error(errno, "write", path.string());
  if (std::fwrite(text.data(), 1, text.size(), file.get()) != text.size() || std::fflush(file.get()) != 0 ||
      ::fsync(::fileno(file.get())) != 0) {
    throw_system_error(errno, "write", path.string());
  }
}

// Appears whole or not at all, and never in place of another file.
void create_whole(const fs::path& path, std::string_view text) {
  const fs::path scratch = path.parent_path() / fmt::format(".{}.{}", path.filename().string(), new_id());
  struct Remover {
    const fs::path& path;
    ~Remover() { ::unlink(path.c_str()); }
  } const remover{scratch};
  write_synced(scratch, text);
  // Not every file system knows the first; hard links are the older way to the same.
  if (::renameat2(AT_FDCWD, scratch.c_str(), AT_FDCWD, path.c_str(), RENAME_NOREPLACE) != 0 &&
      (errno == EEXIST || ::link(scratch.c_str(), path.c_str()) != 0)) {
    if (errno == EEXIST) {
      throw Error(
          ErrorCode::kAlreadyExists,
          fmt::format("'{}' is there already and is left as it is: choose another folder", path.string()));
    }
    throw_system_error(errno, "write", path.string());
  }
}

bool holds(const fs::path& path, std::string_view text) {
  std::ifstream file(path, std::ios::binary);
  return file && std::string(std::istreambuf_iterator<char>(file), {}) == text;
}

}  // namespace

std::vector<std::string> example_names() {
  std::vector<std::string> names;
  for (const auto& [name, files] : kExamples) names.emplace_back(name);
  return names;
}

void init_project(const fs::path& dir, const std::string& example) {
  const auto* found = std::find_if(std::begin(kExamples), std::end(kExamples),
                                   [&](const auto& candidate) { return candidate.first == example; });
  if (found == std::end(kExamples)) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("unknown example '{}': there are {}{}", example, join(example_names()),
                            did_you_mean(example, example_names())));
  }
  const fs::path project_file = dir / kProjectFileName;
  if (fs::exists(fs::symlink_status(project_file))) {
    throw Error(ErrorCode::kAlreadyExists,
                fmt::format("'{}' is a project already: edit its {}, or choose another folder", dir.string(),
                            kProjectFileName));
  }
  std::error_code error;
  fs::create_directories(dir, error);
  if (error) throw_system_error(error.value(), "make the folder", dir.string());
  // Scripts first: where tidemill.toml stands, everything it names stands too.
  std::optional<std::string_view> project_text;
  for (const auto& [name, text] : found->second()) {
    if (name == kProjectFileName) {
      project_text = text;
    } else if (!holds(dir / name, text)) {
      create_whole(dir / name, text);
    }
  }
  create_whole(project_file, project_text.value());
  sync_folder(dir);
}

}  // namespace tidemill::app
