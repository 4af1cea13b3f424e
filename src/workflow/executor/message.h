#pragma once
// What scheduler, launcher and workers say to each other: frames on stream sockets, which take contexts of
// any size. Both ends are the same program, so there are no versions: numbers as they lie in memory, texts
// with their length before them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "workflow/executor.h"

namespace tidemill::workflow {

enum class MessageKind : uint8_t { kLaunch, kCancel, kEvent, kReport };

struct Message {
  MessageKind kind = MessageKind::kLaunch;
  std::string body;
};

// The last word of a worker.
struct WorkerReport {
  TaskReport report;
  bool out_of_memory = false;  // an allocation was refused
};

std::string encode(const TaskLaunch& launch);
std::string encode(const TaskEvent& event);
std::string encode(const WorkerReport& report);
// Errors: kInternal for a body that is none.
TaskLaunch decode_launch(std::string_view body);
TaskEvent decode_event(std::string_view body);
WorkerReport decode_report(std::string_view body);

std::string frame(MessageKind kind, std::string_view body);

// Bytes in, whole messages out.
class MessageBuffer {
 public:
  void append(std::string_view bytes) { bytes_.append(bytes); }
  std::optional<Message> next();

 private:
  std::string bytes_;
  size_t taken_ = 0;
};

enum class Connection { kOpen, kClosed };

// Takes what is there now, without waiting.
Connection receive_available(int socket, MessageBuffer& buffer);
// Waits for one message; nullopt when the other side is gone.
std::optional<Message> receive(int socket);
// Waits until all is handed over, no longer than the socket's SO_SNDTIMEO.
Connection send_all(int socket, std::string_view bytes);

}  // namespace tidemill::workflow
