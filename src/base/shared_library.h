#pragma once
// A shared library opened when it is first needed, so that commands that need none start without it.

#include <string>

namespace tidemill {

// Stays loaded until the process ends. Looked for as the program's own libraries are: its RUNPATH (lib/
// beside it), then the system's folders.
class SharedLibrary {
 public:
  // `purpose` ends the message: "to train gradient boosting".
  // Errors: kNotFound naming the library, where it was looked for, and what to do.
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
