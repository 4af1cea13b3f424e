#include "workflow/executor/message.h"

#include <array>
#include <cerrno>
#include <cstring>

#include <sys/socket.h>

#include "base/error.h"

namespace tidemill::workflow {
namespace {

constexpr size_t kHeaderBytes = sizeof(uint64_t) + 1;
constexpr size_t kBlockBytes = size_t{64} << 10;

class Writer {
 public:
  Writer& number(int64_t value) {
    text_.append(reinterpret_cast<const char*>(&value), sizeof(value));
    return *this;
  }
  Writer& text(std::string_view value) {
    number(static_cast<int64_t>(value.size()));
    text_.append(value);
    return *this;
  }
  template <typename Number>
  Writer& optional(const std::optional<Number>& value) {
    return number(value ? 1 : 0).number(static_cast<int64_t>(value.value_or(0)));
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}

  int64_t number() {
    int64_t value = 0;
    std::memcpy(&value, take(sizeof(value)).data(), sizeof(value));
    return value;
  }
  int integer() { return static_cast<int>(number()); }
  bool flag() { return number() != 0; }
  std::string text() {
    const int64_t size = number();
    return std::string(take(static_cast<size_t>(size)));
  }
  template <typename Number>
  std::optional<Number> optional() {
    const bool has = flag();
    const auto value = static_cast<Number>(number());
    return has ? std::optional<Number>(value) : std::nullopt;
  }

 private:
  std::string_view take(size_t count) {
    if (count > bytes_.size()) throw Error(ErrorCode::kInternal, "a message between task processes is cut");
    const std::string_view taken = bytes_.substr(0, count);
    bytes_.remove_prefix(count);
    return taken;
  }
  std::string_view bytes_;
};

void write_report(Writer& writer, const TaskReport& report) {
  writer.number(static_cast<int64_t>(report.outcome))
      .text(report.return_value)
      .text(report.asset_extra)
      .text(report.error);
}

TaskReport read_report(Reader& reader) {
  TaskReport report;
  report.outcome = static_cast<TaskReport::Outcome>(reader.number());
  report.return_value = reader.text();
  report.asset_extra = reader.text();
  report.error = reader.text();
  return report;
}

}  // namespace

std::string encode(const TaskLaunch& launch) {
  return Writer()
      .text(launch.task_instance_id)
      .text(launch.dag_id)
      .text(launch.task_id)
      .text(launch.run_id)
      .number(launch.try_number)
      .text(launch.log_file)
      .text(launch.context)
      .optional(launch.timeout_ms)
      .optional(launch.memory_limit_bytes)
      .take();
}

TaskLaunch decode_launch(std::string_view body) {
  Reader reader(body);
  TaskLaunch launch;
  launch.task_instance_id = reader.text();
  launch.dag_id = reader.text();
  launch.task_id = reader.text();
  launch.run_id = reader.text();
  launch.try_number = reader.integer();
  launch.log_file = reader.text();
  launch.context = reader.text();
  launch.timeout_ms = reader.optional<int64_t>();
  launch.memory_limit_bytes = reader.optional<uint64_t>();
  return launch;
}

std::string encode(const TaskEvent& event) {
  Writer writer;
  writer.number(event.kind == TaskEvent::Kind::kEnded ? 1 : 0)
      .text(event.task_instance_id)
      .number(event.time_ms)
      .number(event.pid)
      .number(event.exit_code)
      .number(event.signal)
      .number(event.timed_out ? 1 : 0)
      .number(event.cancelled ? 1 : 0)
      .number(event.out_of_memory ? 1 : 0)
      .number(event.executor_lost ? 1 : 0)
      .text(event.error)
      .number(event.report ? 1 : 0);
  if (event.report) write_report(writer, *event.report);
  return writer.take();
}

TaskEvent decode_event(std::string_view body) {
  Reader reader(body);
  TaskEvent event;
  event.kind = reader.flag() ? TaskEvent::Kind::kEnded : TaskEvent::Kind::kStarted;
  event.task_instance_id = reader.text();
  event.time_ms = reader.number();
  event.pid = reader.integer();
  event.exit_code = reader.integer();
  event.signal = reader.integer();
  event.timed_out = reader.flag();
  event.cancelled = reader.flag();
  event.out_of_memory = reader.flag();
  event.executor_lost = reader.flag();
  event.error = reader.text();
  if (reader.flag()) event.report = read_report(reader);
  return event;
}

std::string encode(const WorkerReport& report) {
  Writer writer;
  writer.number(report.out_of_memory ? 1 : 0);
  write_report(writer, report.report);
  return writer.take();
}

WorkerReport decode_report(std::string_view body) {
  Reader reader(body);
  WorkerReport report;
  report.out_of_memory = reader.flag();
  report.report = read_report(reader);
  return report;
}

std::string frame(MessageKind kind, std::string_view body) {
  const uint64_t size = body.size();
  std::string bytes(reinterpret_cast<const char*>(&size), sizeof(size));
  bytes += static_cast<char>(kind);
  bytes += body;
  return bytes;
}

std::optional<Message> MessageBuffer::next() {
  uint64_t size = 0;
  const std::string_view rest = std::string_view(bytes_).substr(taken_);
  if (rest.size() >= kHeaderBytes) std::memcpy(&size, rest.data(), sizeof(size));
  if (rest.size() < kHeaderBytes || rest.size() - kHeaderBytes < size) {
    bytes_.erase(0, taken_);
    taken_ = 0;
    return std::nullopt;
  }
  taken_ += kHeaderBytes + size;
  return Message{static_cast<MessageKind>(rest[sizeof(size)]), std::string(rest.substr(kHeaderBytes, size))};
}

Connection receive_available(int socket, MessageBuffer& buffer) {
  std::array<char, kBlockBytes> block{};
  while (true) {
    const ssize_t got = recv(socket, block.data(), block.size(), MSG_DONTWAIT);
    if (got > 0) {
      buffer.append({block.data(), static_cast<size_t>(got)});
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
      return Connection::kClosed;
    } else if (errno == EAGAIN) {
      return Connection::kOpen;
    }
  }
}

std::optional<Message> receive(int socket) {
  MessageBuffer buffer;
  std::array<char, kBlockBytes> block{};
  while (true) {
    if (std::optional<Message> message = buffer.next()) return message;
    const ssize_t got = recv(socket, block.data(), block.size(), 0);
    if (got > 0) {
      buffer.append({block.data(), static_cast<size_t>(got)});
    } else if (got == 0 || errno != EINTR) {
      return std::nullopt;
    }
  }
}

Connection send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
    } else if (errno != EINTR) {
      return Connection::kClosed;
    }
  }
  return Connection::kOpen;
}

}  // namespace tidemill::workflow
