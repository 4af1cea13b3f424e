#pragma once
// What an S3 server says when it does not do what it was asked, as one of our errors: what went wrong, where,
// and the way out.

#include <optional>
#include <string>

#include "base/error.h"
#include "net/http_client.h"
#include "storage/s3/target.h"

namespace tidemill::storage::s3 {

// Source: docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
struct Refusal {
  int status = 0;
  std::string code;         // "NoSuchKey"; "" when the answer is not S3's (a proxy's page, a HEAD's)
  std::string message;      // the server's words
  std::string region;       // of the bucket, when the server says so
  std::string server_time;  // as sent
};

// nullopt when it did as asked. `may_fail_late`: S3 begins such an answer with 200 before it is done, and
// then an <Error> may follow.
std::optional<Refusal> find_refusal(const net::HttpResponse& response, bool may_fail_late = false);

// Worth another try: the server is busy, or the bytes were damaged on their way.
bool is_passing(const net::HttpResponse& response, bool may_fail_late = false);

// "cannot read s3://bucket/key: ...". `doing` is "read", "write", "list", "delete"; `attempts`: how often it
// was tried.
Error to_error(const Refusal& refusal, const Target& target, const std::string& doing, const std::string& key,
               int attempts);

// No answer at all: the reason with what to look at.
Error to_error(const Error& failure, const Target& target, const std::string& doing, const std::string& key);

}  // namespace tidemill::storage::s3
