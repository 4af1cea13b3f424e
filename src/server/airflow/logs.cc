// GET of a try's log (airflow.api_fastapi.core_api.routes.public.log): as JSON in pages of about a megabyte,
// or whole, made while it is sent.

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <memory>

#include <fmt/format.h>

#include "base/error.h"
#include "server/airflow/lookups.h"
#include "server/airflow/query.h"
#include "workflow/executor/task_log.h"
#include "workflow/log_files.h"

namespace tidemill::server::airflow {
namespace {

constexpr size_t kPageBytes = 1 << 20, kBlockBytes = 256 << 10;
constexpr char kNdjson[] = "application/x-ndjson";

Json line_document(const workflow::LogRecord& record) {
  Json line = Json::object();
  if (!record.timestamp.empty()) line["timestamp"] = record.timestamp;
  line["event"] = record.event;
  if (!record.level.empty()) line["level"] = record.level;
  if (!record.logger.empty()) line["logger"] = record.logger;
  return line;
}

std::string text_of(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// One try's log, from where an earlier answer ended.
struct Reading {
  std::filesystem::path file;
  int64_t offset = 0;
  int64_t end = 0;        // of the file as it is now, or of its whole lines while it may grow
  bool may_grow = false;  // the try is going on
};

// Behind the last whole line of the file's first `size` bytes: what follows is still being written.
int64_t end_of_lines(const std::filesystem::path& file, int64_t size) {
  constexpr int64_t kStepBytes = 64 << 10;
  std::ifstream stream(file, std::ios::binary);
  std::string bytes;
  for (int64_t end = size; end > 0; end -= static_cast<int64_t>(bytes.size())) {
    bytes.resize(static_cast<size_t>(std::min(kStepBytes, end)));
    stream.seekg(end - static_cast<int64_t>(bytes.size()));
    if (!stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) break;
    const size_t newline = bytes.rfind('\n');
    if (newline != std::string::npos) return end - static_cast<int64_t>(bytes.size() - newline) + 1;
  }
  return 0;
}

// Tokens are offsets: whoever may read the log may read it from any of its lines.
int64_t offset_of(const Input& input, const std::filesystem::path& file, int64_t size) {
  const std::string token = optional_text(input.query, "token").value_or("");
  if (token.empty()) return 0;
  int64_t offset = -1;
  const auto [stop, failure] = std::from_chars(token.data(), token.data() + token.size(), offset);
  if (failure == std::errc() && stop == token.data() + token.size() && offset >= 0) {
    return size == 0 ? 0 : workflow::next_line_start(file, std::min(offset, size));
  }
  throw Error(ErrorCode::kInvalidArgument, "Bad Signature. Please use only the tokens provided by the API.");
}

Reading reading_of(Call& call, const Input& input) {
  const workflow::TaskKey key{input.text("dag_id"), input.text("dag_run_id"), input.text("task_id")};
  const auto number = input.path.at("try_number").get<int64_t>();
  const std::vector<workflow::TaskInstance> tries = call.operations.store().tries_of(key);
  const bool is_mapped = optional_integer(input.query, "map_index").value_or(-1) != -1;
  for (const workflow::TaskInstance& one : tries) {
    if (one.try_number != number || is_mapped) continue;
    Reading reading{workflow::log_file(call.server.log_dir.string(), one)};
    const bool is_present = &one == &tries.back();
    reading.may_grow = is_present && (one.job_id || !one.state || !is_finished(*one.state)) &&
                       one.state != workflow::TaskState::kUpForRetry;
    std::error_code missing;
    const uintmax_t size = std::filesystem::file_size(reading.file, missing);
    const int64_t bytes = missing ? 0 : static_cast<int64_t>(size);
    reading.offset = offset_of(input, reading.file, bytes);
    reading.end = reading.may_grow ? end_of_lines(reading.file, bytes) : bytes;
    return reading;
  }
  throw Error(ErrorCode::kNotFound, "TaskInstance not found");
}

// What `write` makes of the lines up to the end that the file had when it was asked for.
std::optional<std::string> next_block(Reading& reading,
                                      const std::function<void(std::string&, const std::string&)>& write) {
  std::string block;
  while (block.empty() && reading.offset < reading.end) {
    const workflow::LogPage page = workflow::read_log(
        reading.file, reading.offset, std::min<size_t>(kBlockBytes, reading.end - reading.offset));
    for (const workflow::LogRecord& record : page.records) write(block, text_of(line_document(record)));
    if (page.next_offset == reading.offset) break;  // a line that is still being written
    reading.offset = page.next_offset;
  }
  if (block.empty()) return std::nullopt;
  return block;
}

net::Response lines(Reading reading) {
  const std::string token = std::to_string(std::max(reading.offset, reading.end));
  const bool may_grow = reading.may_grow;
  const auto shared = std::make_shared<Reading>(std::move(reading));
  net::BlockSource source;
  source.next = [shared] {
    return next_block(*shared, [](std::string& block, const std::string& line) { block += line + "\n"; });
  };
  net::Response response = net::Response::blocks(std::move(source), kNdjson);
  if (may_grow) response.set_header("Airflow-Continuation-Token", token);
  return response;
}

// {"content": [...], "continuation_token": ...}
net::Response whole_document(Reading reading) {
  struct Progress {
    Reading reading;
    int part = 0;  // 0: before the lines, 1: among them, 2: behind
    bool has_lines = false;
  };
  const auto progress = std::make_shared<Progress>(Progress{std::move(reading)});
  net::BlockSource source;
  source.next = [progress]() -> std::optional<std::string> {
    if (progress->part == 0) {
      progress->part = 1;
      return "{\"content\":[";
    }
    if (progress->part == 2) return std::nullopt;
    auto block = next_block(progress->reading, [&](std::string& out, const std::string& line) {
      if (progress->has_lines) out += ",";
      progress->has_lines = true;
      out += line;
    });
    if (block) return block;
    progress->part = 2;
    const Reading& read = progress->reading;
    return fmt::format("],\"continuation_token\":{}}}",
                       read.may_grow ? fmt::format("\"{}\"", read.offset) : "null");
  };
  return net::Response::blocks(std::move(source), "application/json");
}

net::Response page(const Reading& reading) {
  Json content = Json::array();
  int64_t offset = reading.offset;
  bool at_end = true;
  if (offset < reading.end) {
    const workflow::LogPage read = workflow::read_log(reading.file, offset, kPageBytes);
    for (const workflow::LogRecord& record : read.records) content.push_back(line_document(record));
    offset = read.next_offset;
    at_end = read.at_end;
  }
  Json token = nullptr;
  if (reading.may_grow || !at_end) token = std::to_string(offset);
  return net::Response::json({{"content", std::move(content)}, {"continuation_token", std::move(token)}});
}

net::Response get(Call& call, const Input& input) {
  Reading reading = reading_of(call, input);
  const std::string_view accept = call.request.header("Accept").value_or("");
  if (accept.starts_with(kNdjson)) return lines(std::move(reading));
  if (input.query.at("full_content").get<bool>()) return whole_document(std::move(reading));
  return page(reading);
}

}  // namespace

std::vector<Operation> log_operations() {
  return {
      {"GET",
       "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/logs/{try_number}",
       get,
       "get_log",
       "Task Instance",
       "Read a try's log",
       {boolean("full_content").optional(false).about("All of it, instead of a page of about a megabyte."),
        integer("map_index").optional(-1),
        text("token").optional().about("continuation_token of the page before.")},
       nullptr,
       "TaskInstancesLogResponse",
       200,
       Access::kSignedIn,
       kNdjson}};
}

}  // namespace tidemill::server::airflow
