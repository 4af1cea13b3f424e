#include "base/error.h"

#include <array>
#include <cerrno>
#include <system_error>

namespace tidemill {
namespace {

struct CodeRow {
  ErrorCode code;
  int exit_code;
  std::string_view mlflow;
  int http_status;
};

constexpr std::array kCodes = {
    CodeRow{ErrorCode::kInvalidArgument, 2, "INVALID_PARAMETER_VALUE", 400},
    CodeRow{ErrorCode::kPermissionDenied, 3, "PERMISSION_DENIED", 403},
    CodeRow{ErrorCode::kNotFound, 4, "RESOURCE_DOES_NOT_EXIST", 404},
    CodeRow{ErrorCode::kAlreadyExists, 5, "RESOURCE_ALREADY_EXISTS", 409},
    CodeRow{ErrorCode::kConflict, 6, "RESOURCE_CONFLICT", 409},
    CodeRow{ErrorCode::kUnavailable, 7, "TEMPORARILY_UNAVAILABLE", 503},
    CodeRow{ErrorCode::kDeadlineExceeded, 7, "DEADLINE_EXCEEDED", 504},
    CodeRow{ErrorCode::kNotImplemented, 8, "NOT_IMPLEMENTED", 501},
    CodeRow{ErrorCode::kCorrupted, 9, "DATA_LOSS", 500},
    CodeRow{ErrorCode::kQualityFailed, 10, "INVALID_STATE", 422},
    CodeRow{ErrorCode::kSchemaChanged, 11, "INVALID_STATE", 422},
    CodeRow{ErrorCode::kResourceExhausted, 12, "RESOURCE_EXHAUSTED", 507},
    CodeRow{ErrorCode::kInternal, 70, "INTERNAL_ERROR", 500},
};

const CodeRow& row_of(ErrorCode code) noexcept {
  for (const CodeRow& row : kCodes) {
    if (row.code == code) return row;
  }
  return kCodes.back();
}

ErrorCode code_of_errno(int error_number) noexcept {
  switch (error_number) {
    case ENOENT:
      return ErrorCode::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS:
      return ErrorCode::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
      return ErrorCode::kResourceExhausted;
    case ENOTDIR:
    case EISDIR:
    case ENAMETOOLONG:
      return ErrorCode::kInvalidArgument;
    default:
      return ErrorCode::kUnavailable;
  }
}

}  // namespace

int exit_code(ErrorCode code) noexcept {
  return row_of(code).exit_code;
}

std::string_view mlflow_error_code(ErrorCode code) noexcept {
  return row_of(code).mlflow;
}

int http_status(ErrorCode code) noexcept {
  return row_of(code).http_status;
}

void throw_system_error(int error_number, std::string_view doing, std::string_view path) {
  std::string message = "cannot ";
  message.append(doing).append(" '").append(path).append("': ");
  message += std::generic_category().message(error_number);
  throw Error(code_of_errno(error_number), std::move(message));
}

}  // namespace tidemill
