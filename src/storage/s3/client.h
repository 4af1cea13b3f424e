#pragma once
// The requests of S3's REST API that a store needs, each signed, bounded in time and sent again while that
// may succeed. Keys here are those of the store; the target's prefix is added. Safe for many threads.
//
// Bodies carry their SHA-256 in the signature, so the server refuses what was damaged or cut on its way; it
// costs less than sending them. What is received must have the length that was announced.
//
// Errors of every call: see refusal.cc for the server's; kUnavailable and kDeadlineExceeded when there is no
// answer, kPermissionDenied when its certificate is not trusted. The text names the object, the server and
// the way out.

#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_client.h"
#include "net/retry.h"
#include "storage/s3/refusal.h"
#include "storage/s3/target.h"

namespace tidemill::storage::s3 {

struct Head {
  uint64_t size_bytes = 0;
  std::string etag;
};

struct Piece {
  std::string bytes;
  Head object;  // the whole it is a piece of
};

struct Page {
  std::vector<ObjectInfo> objects;  // in the server's order
  std::string next;                 // "" after the last page
};

struct PendingUpload {
  std::string key;
  std::string upload_id;
};

// Up to 6 seconds of pauses: a server may be started again meanwhile.
inline net::RetryPolicy default_retries() {
  net::RetryPolicy policy;
  policy.attempt_count = 7;
  return policy;
}

class Client {
 public:
  Client(Target target, int page_size, net::RetryPolicy retries = default_retries());

  const Target& target() const { return target_; }

  std::optional<Head> head(const std::string& key) const;
  // At most `size_bytes` from `offset` on; nullopt when there is no object. With `etag` it must be that
  // version of it. Errors: kConflict when it is another one now.
  std::optional<Piece> get_range(const std::string& key, uint64_t offset, uint64_t size_bytes,
                                 const std::string& etag = "") const;
  // `if_absent`: kConflict when there is such an object by now, unless it has these very bytes.
  void put(const std::string& key, std::string_view bytes, bool if_absent = false) const;
  void remove(const std::string& key) const;  // absent is fine
  Page list(const std::string& prefix, const std::string& from) const;

  // An object in parts: it appears with complete_upload, whole.
  std::string begin_upload(const std::string& key) const;
  std::string upload_part(const std::string& key, const std::string& upload_id, int number,
                          std::string_view bytes) const;  // its etag
  void complete_upload(const std::string& key, const std::string& upload_id,
                       const std::vector<std::string>& etags) const;
  void abort_upload(const std::string& key, const std::string& upload_id) const;
  // Begun before this moment and neither completed nor given up.
  std::vector<PendingUpload> pending_uploads(std::time_t before) const;

 private:
  struct Request {
    std::string method;
    std::string doing;  // for messages
    std::string key{};
    std::map<std::string, std::string> query{};
    net::Headers headers{};
    std::optional<std::string_view> body{};
    bool is_of_bucket = false;
    bool is_transfer = false;  // of much data: may take long as long as it moves
  };
  struct Answer {
    net::HttpResponse response;
    std::optional<Refusal> refusal;
    int attempts = 1;
  };
  Answer send(Request request) const;
  net::HttpResponse send_or_throw(Request request) const;
  std::string key_without_prefix(const std::string& full_key) const;

  Target target_;
  int page_size_;
  net::RetryPolicy retries_;
  mutable net::HttpClient http_;
};

}  // namespace tidemill::storage::s3
