#include "net/server/http_message.h"

#include <array>
#include <cerrno>
#include <cstdio>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/error.h"
#include "base/json.h"
#include "net/server/cookies.h"
#include "net/server/stream_state.h"

namespace tidemill::net {
namespace {

constexpr size_t kFileBlockBytes = 256 << 10;

std::optional<std::string_view> first_of(const NamedValues& values, std::string_view name) {
  for (const auto& [key, value] : values) {
    if (key == name) return value;
  }
  return std::nullopt;
}

void refuse_server_header(std::string_view name) {
  for (const std::string_view ours : {"Content-Length", "Transfer-Encoding", "Connection", "Date"}) {
    if (equal_ignoring_case(name, ours)) {
      throw Error(ErrorCode::kInvalidArgument, fmt::format("the server sets the header {} by itself", ours));
    }
  }
}

// An open file, closed with the last copy of the source that reads it.
class OpenFile {
 public:
  explicit OpenFile(const std::filesystem::path& path) : path_(path.string()) {
    descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (descriptor_ < 0) throw_system_error(errno, "read", path_);
    struct stat status {};
    if (::fstat(descriptor_, &status) != 0 || !S_ISREG(status.st_mode)) {
      ::close(descriptor_);
      throw Error(ErrorCode::kInvalidArgument, fmt::format("'{}' is not a regular file", path_));
    }
    size_ = static_cast<uint64_t>(status.st_size);
  }
  ~OpenFile() { ::close(descriptor_); }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;

  uint64_t size() const { return size_; }

  std::optional<std::string> next_block() {
    const size_t wanted = std::min<uint64_t>(kFileBlockBytes, size_ - offset_);
    if (wanted == 0) return std::nullopt;
    std::string block(wanted, '\0');
    const ssize_t got = ::pread(descriptor_, block.data(), wanted, static_cast<off_t>(offset_));
    if (got < 0) throw_system_error(errno, "read", path_);
    block.resize(static_cast<size_t>(got));
    offset_ += block.size();
    if (block.empty()) return std::nullopt;  // it was cut while it was sent: the length tells the client
    return block;
  }

 private:
  std::string path_;
  int descriptor_ = -1;
  uint64_t size_ = 0;
  uint64_t offset_ = 0;
};

}  // namespace

std::optional<std::string_view> Request::query_value(std::string_view name) const {
  return first_of(query, name);
}

std::vector<std::string_view> Request::query_values(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& [key, value] : query) {
    if (key == name) values.emplace_back(value);
  }
  return values;
}

std::optional<std::string_view> Request::cookie(std::string_view name) const {
  for (const auto& [key, text] : headers) {
    if (!equal_ignoring_case(key, "Cookie")) continue;
    if (const auto value = find_cookie(text, name)) return value;
  }
  return std::nullopt;
}

const std::string& Request::path_parameter(std::string_view name) const {
  for (const auto& [key, value] : path_parameters) {
    if (key == name) return value;
  }
  throw Error(ErrorCode::kInternal, fmt::format("the route {} has no parameter {}", route_pattern, name));
}

std::optional<std::string_view> Request::attribute(std::string_view name) const {
  return first_of(attributes, name);
}

Response::Response(int status) {
  set_status(status);
}

void Response::set_status(int status) {
  if (status < 200 || status > 599) {
    throw Error(ErrorCode::kInternal, fmt::format("{} is not the status of an answer", status));
  }
  status_ = status;
}

Response Response::bytes(std::string content, std::string content_type, int status) {
  Response response(status);
  response.headers_.add("Content-Type", std::move(content_type));
  response.body_ = std::move(content);
  return response;
}

Response Response::json(const Json& value, int status) {
  return json_text(value.dump(-1, ' ', false, Json::error_handler_t::replace), status);
}

Response Response::json_text(std::string text, int status) {
  return bytes(std::move(text), "application/json", status);
}

Response Response::text(std::string text, int status) {
  return bytes(std::move(text), "text/plain; charset=utf-8", status);
}

Response Response::html(std::string text, int status) {
  return bytes(std::move(text), "text/html; charset=utf-8", status);
}

Response Response::no_content() {
  return Response(204);
}

Response Response::redirect(std::string location, int status) {
  Response response(status);
  response.headers_.add("Location", std::move(location));
  return response;
}

Response Response::file(const std::filesystem::path& path, std::string content_type) {
  auto file = std::make_shared<OpenFile>(path);
  BlockSource source{.next = [file] { return file->next_block(); }, .size_bytes = file->size()};
  return blocks(std::move(source), std::move(content_type));
}

Response Response::blocks(BlockSource source, std::string content_type) {
  Response response;
  response.headers_.add("Content-Type", std::move(content_type));
  response.body_ = std::move(source);
  return response;
}

Response Response::stream(const StreamWriter& writer, std::string content_type) {
  Response response;
  if (content_type.starts_with("text/event-stream")) response.headers_.add("Cache-Control", "no-store");
  if (!content_type.empty()) response.headers_.add("Content-Type", std::move(content_type));
  response.body_ = std::make_shared<StreamReader>(writer.state_);
  return response;
}

Response& Response::set_header(std::string name, std::string value) & {
  refuse_server_header(name);
  headers_.set(std::move(name), std::move(value));
  return *this;
}

Response&& Response::set_header(std::string name, std::string value) && {
  return std::move(set_header(std::move(name), std::move(value)));
}

Response& Response::add_header(std::string name, std::string value) & {
  refuse_server_header(name);
  headers_.add(std::move(name), std::move(value));
  return *this;
}

Response&& Response::add_header(std::string name, std::string value) && {
  return std::move(add_header(std::move(name), std::move(value)));
}

}  // namespace tidemill::net
