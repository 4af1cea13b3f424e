#include "net/http_client.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <exception>
#include <mutex>

#include <fmt/format.h>

#include "net/curl_library.h"

namespace tidemill::net {
namespace {

constexpr curl_off_t kMostReserved = 64 << 20;  // whatever a server announces

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

// What curl calls back with while a request runs.
struct Transfer {
  const HttpRequest& request;
  const CurlLibrary& curl;
  CURL* handle = nullptr;
  HttpResponse response{};
  std::string_view body{};  // of the request, in memory
  File file{nullptr, &std::fclose};
  uint64_t size_bytes = 0;
  uint64_t sent = 0;
  std::exception_ptr failure{};  // an exception must not cross curl
};

size_t take_header(char* data, size_t, size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  std::string_view line(data, size);
  while (!line.empty() && (line.back() == '\r' || line.back() == '\n')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) transfer.response.headers.clear();  // of a 100 Continue before it
  const size_t colon = line.find(':');
  if (colon == std::string_view::npos) return size;
  std::string name(line.substr(0, colon));
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  line.remove_prefix(colon + 1);
  while (!line.empty() && line.front() == ' ') line.remove_prefix(1);
  transfer.response.headers.emplace_back(std::move(name), line);
  return size;
}

size_t take_body(char* data, size_t, size_t size, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  long status = 0;
  transfer.curl.easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &status);
  if (!transfer.request.on_body || status < 200 || status >= 300) {
    std::string& body = transfer.response.body;
    curl_off_t announced = 0;
    if (body.empty() && transfer.curl.easy_getinfo(transfer.handle, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T,
                                                   &announced) == CURLE_OK) {
      body.reserve(static_cast<size_t>(std::clamp<curl_off_t>(announced, 0, kMostReserved)));
    }
    body.append(data, size);
    return size;
  }
  try {
    transfer.request.on_body({data, size});
    return size;
  } catch (...) {
    transfer.failure = std::current_exception();
    return 0;
  }
}

size_t give_body(char* out, size_t, size_t capacity, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const size_t count = std::min<uint64_t>(capacity, transfer.size_bytes - transfer.sent);
  if (transfer.file) {
    if (std::fread(out, 1, count, transfer.file.get()) != count) return CURL_READFUNC_ABORT;
  } else {
    std::copy_n(transfer.body.data() + transfer.sent, count, out);
  }
  transfer.sent += count;
  return count;
}

int look_at_cancelled(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (!transfer.request.is_cancelled()) return 0;
  transfer.failure = std::make_exception_ptr(Error(ErrorCode::kUnavailable, "the request was cancelled"));
  return 1;
}

// curl sends a body again when the connection that it had kept turns out to be closed.
int seek_body(void* user, curl_off_t offset, int origin) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (origin != SEEK_SET) return CURL_SEEKFUNC_CANTSEEK;
  const auto* part = std::get_if<FilePart>(&transfer.request.body);
  if (part != nullptr &&
      std::fseek(transfer.file.get(), static_cast<long>(part->offset) + offset, SEEK_SET) != 0) {
    return CURL_SEEKFUNC_FAIL;
  }
  transfer.sent = static_cast<uint64_t>(offset);
  return CURL_SEEKFUNC_OK;
}

void open_body(Transfer& transfer) {
  if (const auto* text = std::get_if<std::string>(&transfer.request.body)) {
    transfer.body = *text;
    transfer.size_bytes = text->size();
  } else if (const auto* borrowed = std::get_if<BorrowedBytes>(&transfer.request.body)) {
    transfer.body = borrowed->bytes;
    transfer.size_bytes = borrowed->bytes.size();
  } else if (const auto* part = std::get_if<FilePart>(&transfer.request.body)) {
    transfer.file.reset(std::fopen(part->path.c_str(), "rbe"));
    if (!transfer.file || std::fseek(transfer.file.get(), static_cast<long>(part->offset), SEEK_SET) != 0) {
      throw_system_error(errno, "read", part->path.string());
    }
    transfer.size_bytes = part->size_bytes;
  }
}

// "http://127.0.0.1:9000": what a person knows a server by.
std::string server_of(const std::string& url) {
  const size_t scheme = url.find("://");
  const size_t start = scheme == std::string::npos ? 0 : scheme + 3;
  std::string server = url.substr(0, url.find_first_of("/?", start));
  const size_t at = server.find('@');
  if (at != std::string::npos && at > start) server.erase(start, at + 1 - start);  // no password in messages
  return server;
}

HttpFailure failure_of(CURLcode code, const Transfer& transfer, const std::string& details) {
  const std::string server = server_of(transfer.request.url);
  const std::string what = details.empty() ? std::string(transfer.curl.easy_strerror(code)) : details;
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      throw Error(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' is no address: {}", transfer.request.url, what));
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
      return {Error(ErrorCode::kPermissionDenied,
                    fmt::format("the certificate of {} is not trusted: {}", server, what)),
              false};
    case CURLE_OPERATION_TIMEDOUT:
      return {Error(ErrorCode::kDeadlineExceeded, fmt::format("{} did not answer in time: {}", server, what)),
              true};
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR:
      return {Error(ErrorCode::kUnavailable, fmt::format("cannot reach {}: {}", server, what)), false};
    case CURLE_ABORTED_BY_CALLBACK:
    case CURLE_READ_ERROR:
      throw Error(ErrorCode::kUnavailable, fmt::format("the file to send to {} ended before its {} bytes",
                                                       server, transfer.size_bytes));
    default:
      return {Error(ErrorCode::kUnavailable, fmt::format("{} broke off: {}", server, what)), true};
  }
}

}  // namespace

// curl's handles, each with the connections that it keeps open.
class HttpClient::Handles {
 public:
  ~Handles() {
    for (CURL* handle : free_) curl_library().easy_cleanup(handle);
  }
  CURL* take() {
    const std::scoped_lock lock(mutex_);
    if (free_.empty()) {
      CURL* handle = curl_library().easy_init();
      if (handle == nullptr)
        throw Error(ErrorCode::kResourceExhausted, "libcurl has no memory for a request");
      return handle;
    }
    CURL* handle = free_.back();
    free_.pop_back();
    return handle;
  }
  void give_back(CURL* handle) {
    curl_library().easy_reset(handle);  // keeps its connections
    const std::scoped_lock lock(mutex_);
    free_.push_back(handle);
  }

 private:
  std::mutex mutex_;
  std::vector<CURL*> free_;  // guarded by mutex_
};

HttpClient::HttpClient(HttpClientOptions options)
    : options_(std::move(options)), handles_(std::make_unique<Handles>()) {}
HttpClient::~HttpClient() = default;

namespace {

// One request's settings on a handle.
class Setup {
 public:
  Setup(const HttpClientOptions& options, Transfer& transfer) : transfer_(transfer) {
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    set(CURLOPT_URL, transfer.request.url.c_str());
    set(CURLOPT_PATH_AS_IS, 1L);
    set(CURLOPT_USERAGENT, options.user_agent.c_str());
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options.connect_timeout_ms));
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(transfer.request.timeout_ms));
    set(CURLOPT_LOW_SPEED_LIMIT, 1L);
    set(CURLOPT_LOW_SPEED_TIME,
        static_cast<long>(std::max<int64_t>(transfer.request.stall_timeout_ms / 1000, 1)));
    set(CURLOPT_BUFFERSIZE, 512L * 1024);
    set(CURLOPT_UPLOAD_BUFFERSIZE, 512L * 1024);
    if (!options.verify_tls) {
      set(CURLOPT_SSL_VERIFYPEER, 0L);
      set(CURLOPT_SSL_VERIFYHOST, 0L);
    }
    if (!options.ca_file.empty()) set(CURLOPT_CAINFO, options.ca_file.c_str());
    set(CURLOPT_HEADERFUNCTION, take_header);
    set(CURLOPT_HEADERDATA, &transfer);
    set(CURLOPT_WRITEFUNCTION, take_body);
    set(CURLOPT_WRITEDATA, &transfer);
    set(CURLOPT_ERRORBUFFER, error_.data());
    if (transfer.request.is_cancelled) {
      set(CURLOPT_NOPROGRESS, 0L);
      set(CURLOPT_XFERINFOFUNCTION, look_at_cancelled);
      set(CURLOPT_XFERINFODATA, &transfer);
    }
    if (transfer.request.on_new_connection) set(CURLOPT_FRESH_CONNECT, 1L);
    set_method();
    set_signature();
    // No waiting for 100 Continue. Not by a header where curl signs: it would sign the header that is not
    // sent.
    set(CURLOPT_EXPECT_100_TIMEOUT_MS, 1L);
    if (!transfer.request.aws_signature) add_header("Expect:");
    for (const auto& [name, value] : transfer.request.headers) {
      add_header((value.empty() ? name + ";" : name + ": " + value).c_str());
    }
    set(CURLOPT_HTTPHEADER, headers_);
  }
  ~Setup() { transfer_.curl.slist_free_all(headers_); }
  Setup(const Setup&) = delete;
  Setup& operator=(const Setup&) = delete;

  std::string details() const { return error_.data(); }

 private:
  template <typename T>
  void set(CURLoption option, T value) {
    transfer_.curl.easy_setopt(transfer_.handle, option, value);
  }
  void add_header(const char* line) { headers_ = transfer_.curl.slist_append(headers_, line); }

  void set_method() {
    const std::string& method = transfer_.request.method;
    const bool has_body = transfer_.request.body.index() != 0;
    if (method == "HEAD") {
      set(CURLOPT_NOBODY, 1L);
      return;
    }
    if (has_body) {
      set(CURLOPT_UPLOAD, 1L);
      set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(transfer_.size_bytes));
      set(CURLOPT_READFUNCTION, give_body);
      set(CURLOPT_READDATA, &transfer_);
      set(CURLOPT_SEEKFUNCTION, seek_body);
      set(CURLOPT_SEEKDATA, &transfer_);
    } else if (method == "POST" || method == "PUT") {
      set(CURLOPT_POST, 1L);
      set(CURLOPT_POSTFIELDSIZE, 0L);
      set(CURLOPT_POSTFIELDS, "");
    }
    set(CURLOPT_CUSTOMREQUEST, method.c_str());
  }

  void set_signature() {
    if (!transfer_.request.aws_signature) return;
    const AwsSignature& signature = *transfer_.request.aws_signature;
    provider_ = fmt::format("aws:amz:{}:{}", signature.region, signature.service);
    set(CURLOPT_AWS_SIGV4, provider_.c_str());
    set(CURLOPT_USERNAME, signature.access_key_id.c_str());
    set(CURLOPT_PASSWORD, signature.secret_access_key.c_str());
  }

  Transfer& transfer_;
  curl_slist* headers_ = nullptr;
  std::string provider_;
  std::array<char, CURL_ERROR_SIZE> error_{};
};

}  // namespace

std::variant<HttpResponse, HttpFailure> HttpClient::try_send(const HttpRequest& request) {
  const CurlLibrary& curl = curl_library();
  Transfer transfer{request, curl};
  open_body(transfer);
  // Given back also when something throws.
  const auto give_back = [this](CURL* handle) { handles_->give_back(handle); };
  const std::unique_ptr<CURL, decltype(give_back)> handle(handles_->take(), give_back);
  transfer.handle = handle.get();
  const Setup setup(options_, transfer);
  const CURLcode code = curl.easy_perform(transfer.handle);
  if (transfer.failure) std::rethrow_exception(transfer.failure);
  if (code != CURLE_OK) return failure_of(code, transfer, setup.details());
  long status = 0;
  curl.easy_getinfo(transfer.handle, CURLINFO_RESPONSE_CODE, &status);
  transfer.response.status = static_cast<int>(status);
  return std::move(transfer.response);
}

HttpResponse HttpClient::send(const HttpRequest& request) {
  auto outcome = try_send(request);
  if (auto* failure = std::get_if<HttpFailure>(&outcome)) throw std::move(failure->error);
  return std::get<HttpResponse>(std::move(outcome));
}

std::optional<std::string> HttpResponse::header(std::string_view lower_case_name) const {
  for (const auto& [name, value] : headers) {
    if (name == lower_case_name) return value;
  }
  return std::nullopt;
}

std::string percent_encode(std::string_view text, bool keep_slashes) {
  std::string out;
  for (const char c : text) {
    const bool is_plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                          c == '-' || c == '.' || c == '_' || c == '~' || (c == '/' && keep_slashes);
    if (is_plain) {
      out += c;
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

std::string basic_authorization(const std::string& user, const std::string& password) {
  constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const std::string text = user + ":" + password;
  std::string out = "Basic ";
  for (size_t i = 0; i < text.size(); i += 3) {
    uint32_t bits = 0;
    for (size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0U);
    }
    for (size_t k = 0; k < 4; ++k) {
      out += i + k <= text.size() ? kDigits[bits >> (18 - 6 * k) & 63] : '=';
    }
  }
  return out;
}

}  // namespace tidemill::net
