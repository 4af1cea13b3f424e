#include "base/shared_library.h"

#include <vector>

#include <dlfcn.h>
#include <link.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"

namespace tidemill {
namespace {

// The program's own search path. dlopen would follow it too, but not when a sanitizer calls dlopen for us.
std::vector<std::string> program_library_folders() {
  std::vector<std::string> out;
  void* program = dlopen(nullptr, RTLD_LAZY);
  if (program == nullptr) return out;
  Dl_serinfo size{};
  if (dlinfo(program, RTLD_DI_SERINFOSIZE, &size) == 0) {
    std::vector<char> buffer(size.dls_size);
    auto* info = reinterpret_cast<Dl_serinfo*>(buffer.data());
    dlinfo(program, RTLD_DI_SERINFOSIZE, info);
    if (dlinfo(program, RTLD_DI_SERINFO, info) == 0) {
      for (unsigned i = 0; i < info->dls_cnt; ++i) out.emplace_back(info->dls_serpath[i].dls_name);
    }
  }
  dlclose(program);
  return out;
}

}  // namespace

std::string find_runtime_file(const std::string& file_name, const std::string& purpose) {
  const std::vector<std::string> folders = program_library_folders();
  for (const std::string& folder : folders) {
    std::string path = folder + "/" + file_name;
    if (access(path.c_str(), R_OK) == 0) return path;
  }
  throw Error(ErrorCode::kNotFound, "cannot find the library " + file_name + " " + purpose + " (looked in " +
                                        join(folders) + "); put it into the folder lib/ beside the program");
}

SharedLibrary::SharedLibrary(const std::string& file_name, const std::string& purpose)
    : file_name_(file_name) {
  const std::string path = find_runtime_file(file_name, purpose);
  handle_ = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE);
  if (handle_ == nullptr) {
    const char* why = dlerror();  // NOLINT(concurrency-mt-unsafe): each thread has its own
    throw Error(ErrorCode::kUnavailable,
                "cannot load " + path + " " + purpose + ": " + (why != nullptr ? why : "unknown reason"));
  }
}

void* SharedLibrary::address(const char* name) const {
  void* out = dlsym(handle_, name);
  if (out == nullptr) {
    throw Error(ErrorCode::kNotFound,
                file_name_ + " has no function " + name + ": it is not the version this program is made for");
  }
  return out;
}

}  // namespace tidemill
