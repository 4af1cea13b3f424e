#pragma once
// A shared library opened when it is first needed, so that commands that need none start without it.

#include <string>

namespace tidemill {

// The path of a file that is shipped beside the program, looked for as its libraries are: its RUNPATH (lib/
// beside it), then the system's folders. `purpose` ends the message: "to train gradient boosting". Errors:
// kNotFound naming the file, where it was looked for, and what to do.
std::string find_runtime_file(const std::string& file_name, const std::string& purpose);

// Stays loaded until the process ends. Looked for by find_runtime_file.
class SharedLibrary {
 public:
  // Errors: those of find_runtime_file; kUnavailable when it cannot be loaded.
  SharedLibrary(const std::string& file_name, const std::string& purpose);

  // The address of an exported function. Errors: kNotFound naming it.
  template <typename Function>
  Function* function(const char* name) const {
    return reinterpret_cast<Function*>(address(name));
  }

 private:
  void* address(const char* name) const;

  std::string file_name_;
  void* handle_ = nullptr;
};

}  // namespace tidemill
