#pragma once
// The one exception type. Thrown where something went wrong, caught once: by the command, the task or
// the HTTP request that has to answer for it. Expected absence is std::optional, not an Error.

#include <exception>
#include <string>
#include <string_view>

namespace tidemill {

// What the caller can do about it. The table in error.cc gives each code its exit code and the
// MLflow error_code and HTTP status that servers answer with.
enum class ErrorCode {
  kInvalidArgument,    // the input is wrong: say the value, the place and what is allowed
  kNotFound,           // a named thing does not exist
  kAlreadyExists,      // a name is taken
  kConflict,           // somebody else is writing, or the state moved on
  kQualityFailed,      // the data was refused by its rules
  kSchemaChanged,      // new data does not have the columns of the old
  kPermissionDenied,   // the system or a server refuses
  kResourceExhausted,  // disk, memory or a quota is full
  kUnavailable,        // try again later
  kDeadlineExceeded,   // took longer than allowed
  kNotImplemented,     // a known thing that is not built
  kCorrupted,          // stored bytes are not what was written
  kInternal,           // a mistake of ours
};

class Error : public std::exception {
 public:
  Error(ErrorCode code, std::string message) : code_(code), message_(std::move(message)) {}

  ErrorCode code() const noexcept { return code_; }
  const std::string& message() const noexcept { return message_; }
  const char* what() const noexcept override { return message_.c_str(); }

 private:
  ErrorCode code_;
  std::string message_;
};

// Process exit code of a command that ends with this error; documented in docs/reference/exit-codes.md.
int exit_code(ErrorCode code) noexcept;

// MLflow's name, for example "INVALID_PARAMETER_VALUE" (mlflow/exceptions.py).
std::string_view mlflow_error_code(ErrorCode code) noexcept;

// What an HTTP server answers with unless its API says otherwise.
int http_status(ErrorCode code) noexcept;

// An Error for a failed system call: "cannot <doing> '<path>': <strerror>", with ENOSPC, EDQUOT, EACCES,
// EPERM, EROFS, ENOENT mapped to their codes and everything else to kUnavailable.
[[noreturn]] void throw_system_error(int error_number, std::string_view doing, std::string_view path);

}  // namespace tidemill
