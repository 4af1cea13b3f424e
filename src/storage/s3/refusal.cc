#include "storage/s3/refusal.h"

#include <array>
#include <ctime>
#include <optional>
#include <string_view>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "net/retry.h"
#include "storage/s3/xml.h"

namespace tidemill::storage::s3 {
namespace {

struct Known {
  std::string_view code;
  ErrorCode error;
  std::string_view words;  // "": the server's own
};

// {bucket}, {endpoint}, {key_id}, {keys_from}, {region}, {real_region}, {server_time}, {our_time}, {message}
constexpr std::array kKnown = {
    Known{"NoSuchBucket", ErrorCode::kNotFound,
          "there is no bucket '{bucket}' at {endpoint}: create it (aws s3 mb s3://{bucket}), or correct the "
          "URI"},
    Known{"InvalidAccessKeyId", ErrorCode::kPermissionDenied,
          "{endpoint} does not know the access key '{key_id}' (from {keys_from}): correct it"},
    // versitygw's word for it
    Known{"XAdminUserNotFound", ErrorCode::kPermissionDenied,
          "{endpoint} does not know the access key '{key_id}' (from {keys_from}): correct it"},
    Known{"SignatureDoesNotMatch", ErrorCode::kPermissionDenied,
          "{endpoint} refuses the signature: the secret key that belongs to '{key_id}' (from {keys_from}) is "
          "another one; correct it"},
    Known{"ExpiredToken", ErrorCode::kPermissionDenied,
          "the session token from {keys_from} has expired: fetch new keys"},
    Known{"InvalidToken", ErrorCode::kPermissionDenied,
          "{endpoint} does not accept the session token from {keys_from}: fetch new keys, or unset "
          "AWS_SESSION_TOKEN"},
    Known{"AccessDenied", ErrorCode::kPermissionDenied,
          "{endpoint} does not allow it to the access key '{key_id}' (from {keys_from}): grant it, or use "
          "other "
          "keys ({message})"},
    Known{"RequestTimeTooSkewed", ErrorCode::kPermissionDenied,
          "the clocks differ: {server_time} at {endpoint}, {our_time} here; set this machine's clock"},
    Known{"AuthorizationHeaderMalformed", ErrorCode::kInvalidArgument,
          "the bucket '{bucket}' is in region '{real_region}', not '{region}': set storage.region or "
          "AWS_REGION"},
    Known{"PermanentRedirect", ErrorCode::kInvalidArgument,
          "the bucket '{bucket}' is in region '{real_region}', not '{region}': set storage.region or "
          "AWS_REGION"},
    Known{"InvalidBucketName", ErrorCode::kInvalidArgument,
          "{endpoint} does not take '{bucket}' as the name of a bucket"},
    Known{"NoSuchKey", ErrorCode::kNotFound, "there is no such object"},
    Known{"PreconditionFailed", ErrorCode::kConflict, "somebody else has just written it"},
    Known{"ConditionalRequestConflict", ErrorCode::kConflict, "somebody else is writing it"},
    Known{"QuotaExceeded", ErrorCode::kResourceExhausted, "{endpoint} is full: {message}"},
    Known{"XMinioStorageFull", ErrorCode::kResourceExhausted, "{endpoint} is full: {message}"},
    Known{"EntityTooLarge", ErrorCode::kInvalidArgument, "{endpoint} does not take an object of this size"},
    // A key under an object, or an object where there are keys below it; servers on file systems refuse it.
    Known{"ObjectParentIsFile", ErrorCode::kInvalidArgument, ""},
    Known{"ExistingObjectIsDirectory", ErrorCode::kInvalidArgument, ""},
    Known{"XMinioParentIsObject", ErrorCode::kInvalidArgument, ""},
    Known{"XMinioObjectExistsAsDirectory", ErrorCode::kInvalidArgument, ""},
};

std::string utc_now() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
}

ErrorCode code_of_status(int status) {
  switch (status) {
    case 401:
    case 403:
      return ErrorCode::kPermissionDenied;
    case 404:
      return ErrorCode::kNotFound;
    case 409:
    case 412:
      return ErrorCode::kConflict;
    case 501:
      return ErrorCode::kNotImplemented;
    case 507:
      return ErrorCode::kResourceExhausted;
    default:
      return status >= 500 || status == 408 || status == 429 ? ErrorCode::kUnavailable
                                                             : ErrorCode::kInvalidArgument;
  }
}

std::string filled_in(std::string_view words, const Refusal& refusal, const Target& target) {
  const auto or_unknown = [](const std::string& text) { return text.empty() ? "another" : text; };
  return fmt::format(fmt::runtime(words), fmt::arg("bucket", target.bucket),
                     fmt::arg("endpoint", target.endpoint), fmt::arg("key_id", target.aws.access_key_id),
                     fmt::arg("keys_from", target.aws.keys_from), fmt::arg("region", target.region),
                     fmt::arg("real_region", or_unknown(refusal.region)),
                     fmt::arg("server_time", refusal.server_time), fmt::arg("our_time", utc_now()),
                     fmt::arg("message", refusal.message));
}

std::string place_of(const Target& target, const std::string& key) {
  return key.empty() ? target.uri() : target.uri_of(key);
}

}  // namespace

std::optional<Refusal> find_refusal(const net::HttpResponse& response, bool may_fail_late) {
  if (response.is_success() && !may_fail_late) return std::nullopt;
  std::optional<XmlNode> root;
  if (!response.body.empty()) root = parse_xml(response.body);
  const bool is_error = root && root->name == "Error";
  if (response.is_success() && !is_error) return std::nullopt;
  Refusal refusal;
  refusal.status = response.status;
  if (is_error) {
    refusal.code = root->text_of("Code");
    refusal.message = root->text_of("Message");
    refusal.region = root->text_of("Region");
    refusal.server_time = root->text_of("ServerTime");
  }
  if (refusal.region.empty()) refusal.region = response.header("x-amz-bucket-region").value_or("");
  if (refusal.server_time.empty()) refusal.server_time = response.header("date").value_or("an unknown time");
  if (refusal.code.empty() && (response.status == 301 || response.status == 307)) {
    refusal.code = "PermanentRedirect";
  }
  return refusal;
}

bool is_passing(const net::HttpResponse& response, bool may_fail_late) {
  if (net::is_busy_status(response.status)) return true;
  const auto refusal = find_refusal(response, may_fail_late);
  if (!refusal) return false;
  for (const char* code : {"InternalError", "SlowDown", "RequestTimeout", "OperationAborted", "BadDigest",
                           "IncompleteBody", "XAmzContentSHA256Mismatch"}) {
    if (refusal->code == code) return true;
  }
  return false;
}

Error to_error(const Refusal& refusal, const Target& target, const std::string& doing, const std::string& key,
               int attempts) {
  const std::string start = fmt::format("cannot {} {}: ", doing, place_of(target, key));
  for (const Known& known : kKnown) {
    if (known.code != refusal.code) continue;
    return {known.error, start + filled_in(known.words.empty() ? "{message}" : known.words, refusal, target)};
  }
  const std::string said = refusal.code.empty() ? "" : fmt::format(" {} ({})", refusal.code, refusal.message);
  if (attempts > 1 || net::is_busy_status(refusal.status)) {
    return {ErrorCode::kUnavailable,
            fmt::format("{}{} answers {}{}, {} times in a row: try again when it is less busy", start,
                        target.endpoint, refusal.status, said, attempts)};
  }
  return {code_of_status(refusal.status),
          fmt::format("{}{} answers {}{}", start, target.endpoint, refusal.status, said)};
}

Error to_error(const Error& failure, const Target& target, const std::string& doing, const std::string& key) {
  std::string way_out;
  if (failure.code() == ErrorCode::kPermissionDenied) {
    way_out = "; name the file of its authority in storage.ca_file or AWS_CA_BUNDLE";
  } else if (failure.code() == ErrorCode::kUnavailable || failure.code() == ErrorCode::kDeadlineExceeded) {
    way_out = "; see that it runs and that storage.endpoint is right";
  }
  return {failure.code(),
          fmt::format("cannot {} {}: {}{}", doing, place_of(target, key), failure.message(), way_out)};
}

}  // namespace tidemill::storage::s3
