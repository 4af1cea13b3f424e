#include "storage/s3/client.h"

#include <charconv>
#include <cstdio>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/digest.h"
#include "base/text.h"
#include "storage/key.h"
#include "storage/s3/xml.h"

namespace tidemill::storage::s3 {
namespace {

constexpr int64_t kRequestMs = 30'000;
constexpr int64_t kTransferMs = 300'000;  // of all tries of one part: 16 MiB at 55 KB/s

uint64_t to_number(std::string_view text) {
  uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// "2026-11-01T12:30:00.000Z"; nullopt for anything else.
std::optional<int64_t> to_ms(const std::string& time) {
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (std::sscanf(time.c_str(), "%4d-%2d-%2dT%2d:%2d:%2d", &year, &month, &day, &hour, &minute, &second) != 6)
    return std::nullopt;
  std::tm parts{};
  parts.tm_year = year - 1900;
  parts.tm_mon = month - 1;
  parts.tm_mday = day;
  parts.tm_hour = hour;
  parts.tm_min = minute;
  parts.tm_sec = second;
  return int64_t{timegm(&parts)} * 1000;
}

// "a%2Fb+c" of a listing with encoding-type=url.
std::string url_decoded(const std::string& text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned byte = 0;
    if (text[i] == '%' && i + 2 < text.size() &&
        std::from_chars(text.data() + i + 1, text.data() + i + 3, byte, 16).ec == std::errc()) {
      out += static_cast<char>(byte);
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

XmlNode parse_answer(const net::HttpResponse& response, const Target& target) {
  auto root = parse_xml(response.body);
  if (!root) {
    throw Error(ErrorCode::kUnavailable,
                fmt::format("{} answers a listing with something that is no XML: is it an S3 server?",
                            target.endpoint));
  }
  return std::move(*root);
}

}  // namespace

Client::Client(Target target, int page_size, net::RetryPolicy retries)
    : target_(std::move(target)),
      page_size_(page_size),
      retries_(std::move(retries)),
      http_({.ca_file = target_.aws.ca_file}) {}

Client::Answer Client::send(Request request) const {
  net::HttpRequest http;
  http.method = request.method;
  http.url = target_.url(request.is_of_bucket ? "" : target_.prefix + request.key, request.query);
  http.headers = std::move(request.headers);
  http.headers.emplace_back("x-amz-content-sha256", sha256_hex(request.body.value_or("")));
  if (!target_.aws.session_token.empty()) {
    http.headers.emplace_back("x-amz-security-token", target_.aws.session_token);
  }
  if (request.body) http.body = net::BorrowedBytes{*request.body};
  http.aws_signature =
      net::AwsSignature{target_.aws.access_key_id, target_.aws.secret_access_key, target_.region};
  http.timeout_ms = request.is_transfer ? 0 : kRequestMs;
  net::RetryPolicy policy = retries_;
  policy.deadline_ms = request.is_transfer ? kTransferMs : 2 * kRequestMs;
  const bool may_fail_late = request.method == "POST";
  Answer answer;
  answer.attempts = 0;
  try {
    answer.response = net::send_with_retries(http_, http, policy, [&](const net::HttpResponse& response) {
      ++answer.attempts;
      return is_passing(response, may_fail_late);
    });
  } catch (const Error& error) {
    throw to_error(error, target_, request.doing, request.key);
  }
  answer.refusal = find_refusal(answer.response, may_fail_late);
  return answer;
}

net::HttpResponse Client::send_or_throw(Request request) const {
  const std::string doing = request.doing;
  const std::string key = request.key;
  Answer answer = send(std::move(request));
  if (answer.refusal) throw to_error(*answer.refusal, target_, doing, key, answer.attempts);
  return std::move(answer.response);
}

std::optional<Head> Client::head(const std::string& key) const {
  const Answer answer = send({.method = "HEAD", .doing = "look at", .key = key});
  if (answer.refusal) {
    // Its answer has no body: one byte of the object tells a missing bucket from a missing object.
    const auto piece = get_range(key, 0, 1);
    if (!piece) return std::nullopt;
    return piece->object;
  }
  return Head{to_number(answer.response.header("content-length").value_or("0")),
              answer.response.header("etag").value_or("")};
}

std::optional<Piece> Client::get_range(const std::string& key, uint64_t offset, uint64_t size_bytes,
                                       const std::string& etag) const {
  Request request{.method = "GET", .doing = "read", .key = key, .is_transfer = true};
  if (size_bytes > 0) {
    request.headers.emplace_back("Range", fmt::format("bytes={}-{}", offset, offset + size_bytes - 1));
  }
  if (!etag.empty()) request.headers.emplace_back("If-Match", etag);
  Answer answer = send(std::move(request));
  // There is nothing in an empty object to take a range of.
  if (answer.response.status == 416 && offset == 0) return get_range(key, 0, 0, etag);
  if (answer.refusal && answer.refusal->code == "NoSuchKey") return std::nullopt;
  if (answer.refusal) throw to_error(*answer.refusal, target_, "read", key, answer.attempts);
  Piece piece;
  piece.bytes = std::move(answer.response.body);
  piece.object.etag = answer.response.header("etag").value_or("");
  piece.object.size_bytes = piece.bytes.size();
  if (answer.response.status == 206) {
    const std::string range = answer.response.header("content-range").value_or("");  // "bytes 0-9/100"
    piece.object.size_bytes = to_number(std::string_view(range).substr(range.find('/') + 1));
  } else if (offset > 0) {
    throw Error(ErrorCode::kUnavailable, fmt::format("cannot read {}: {} does not know ranges",
                                                     target_.uri_of(key), target_.endpoint));
  }
  return piece;
}

void Client::put(const std::string& key, std::string_view bytes, bool if_absent) const {
  Request request{.method = "PUT", .doing = "write", .key = key, .body = bytes, .is_transfer = true};
  if (if_absent) request.headers.emplace_back("If-None-Match", "*");
  const Answer answer = send(std::move(request));
  if (!answer.refusal) return;
  if (if_absent && answer.refusal->status == 412) {
    // An earlier try of ours may have arrived without our hearing of it.
    const auto there = get_range(key, 0, bytes.size() + 1);
    if (there && there->bytes == bytes) return;
  }
  // Servers without conditions say so.
  if (if_absent && answer.refusal->status == 501) return put(key, bytes);
  throw to_error(*answer.refusal, target_, "write", key, answer.attempts);
}

void Client::remove(const std::string& key) const {
  const Answer answer = send({.method = "DELETE", .doing = "delete", .key = key});
  if (answer.refusal && answer.refusal->code != "NoSuchKey") {
    throw to_error(*answer.refusal, target_, "delete", key, answer.attempts);
  }
}

std::string Client::key_without_prefix(const std::string& full_key) const {
  return full_key.starts_with(target_.prefix) ? full_key.substr(target_.prefix.size()) : "";
}

Page Client::list(const std::string& prefix, const std::string& from) const {
  Request request{.method = "GET", .doing = "list", .key = prefix, .is_of_bucket = true};
  request.query = {{"encoding-type", "url"},
                   {"list-type", "2"},
                   {"max-keys", std::to_string(page_size_)},
                   {"prefix", target_.prefix + prefix}};
  if (!from.empty()) request.query["continuation-token"] = from;
  const XmlNode root = parse_answer(send_or_throw(std::move(request)), target_);
  const bool is_encoded = root.text_of("EncodingType") == "url";
  Page page;
  for (const XmlNode& node : root.children) {
    if (node.name != "Contents") continue;
    const std::string text = node.text_of("Key");
    std::string key = key_without_prefix(is_encoded ? url_decoded(text) : text);
    if (!is_key(key)) continue;
    page.objects.push_back(
        {std::move(key), to_number(node.text_of("Size")), to_ms(node.text_of("LastModified"))});
  }
  if (root.text_of("IsTruncated") == "true") page.next = root.text_of("NextContinuationToken");
  return page;
}

std::string Client::begin_upload(const std::string& key) const {
  const net::HttpResponse response =
      send_or_throw({.method = "POST", .doing = "write", .key = key, .query = {{"uploads", ""}}});
  return parse_answer(response, target_).text_of("UploadId");
}

std::string Client::upload_part(const std::string& key, const std::string& upload_id, int number,
                                std::string_view bytes) const {
  Request request{.method = "PUT", .doing = "write", .key = key, .is_transfer = true};
  request.query = {{"partNumber", std::to_string(number)}, {"uploadId", upload_id}};
  request.body = bytes;
  return send_or_throw(std::move(request)).header("etag").value_or("");
}

void Client::complete_upload(const std::string& key, const std::string& upload_id,
                             const std::vector<std::string>& etags) const {
  std::string body = "<CompleteMultipartUpload>";
  for (size_t i = 0; i < etags.size(); ++i) {
    body += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", i + 1,
                        escape_markup(etags[i]));
  }
  body += "</CompleteMultipartUpload>";
  Request request{.method = "POST", .doing = "write", .key = key, .query = {{"uploadId", upload_id}}};
  request.body = body;
  request.is_transfer = true;  // the server may put the parts together first
  const Answer answer = send(std::move(request));
  if (!answer.refusal) return;
  if (answer.refusal->code == "NoSuchUpload") {
    // An earlier try of ours may have arrived without our hearing of it.
    const auto there = head(key);
    if (there && there->etag.find(fmt::format("-{}", etags.size())) != std::string::npos) return;
  }
  throw to_error(*answer.refusal, target_, "write", key, answer.attempts);
}

void Client::abort_upload(const std::string& key, const std::string& upload_id) const {
  const Answer answer =
      send({.method = "DELETE", .doing = "give up", .key = key, .query = {{"uploadId", upload_id}}});
  if (answer.refusal && answer.refusal->code != "NoSuchUpload") {
    throw to_error(*answer.refusal, target_, "give up", key, answer.attempts);
  }
}

std::vector<PendingUpload> Client::pending_uploads(std::time_t before) const {
  const std::string limit = fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(before));
  std::vector<PendingUpload> pending;
  Request first{.method = "GET", .doing = "list the uploads of", .is_of_bucket = true};
  first.query = {{"prefix", target_.prefix}, {"uploads", ""}};
  for (bool is_more = true; is_more;) {
    const XmlNode root = parse_answer(send_or_throw(first), target_);
    for (const XmlNode& node : root.children) {
      if (node.name != "Upload" || node.text_of("Initiated") >= limit) continue;
      const std::string key = key_without_prefix(node.text_of("Key"));
      if (is_key(key)) pending.push_back({key, node.text_of("UploadId")});
    }
    is_more = root.text_of("IsTruncated") == "true" && !root.text_of("NextKeyMarker").empty();
    first.query["key-marker"] = root.text_of("NextKeyMarker");
    first.query["upload-id-marker"] = root.text_of("NextUploadIdMarker");
  }
  return pending;
}

}  // namespace tidemill::storage::s3
