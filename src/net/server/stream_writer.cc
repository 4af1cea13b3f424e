#include "net/server/stream_writer.h"

#include <utility>

#include "base/error.h"
#include "net/server/http_grammar.h"
#include "net/server/stream_state.h"

namespace tidemill::net {

bool StreamState::append(std::string_view key, std::string text) {
  if (!key.empty()) {
    for (Piece& piece : queue_) {
      if (piece.key != key) continue;
      queued_bytes_ = queued_bytes_ - piece.text.size() + text.size();
      piece.text = std::move(text);
      return queued_bytes_ <= options_.max_queued_bytes;
    }
  }
  queued_bytes_ += text.size();
  queue_.push_back({std::string(key), std::move(text)});
  return queued_bytes_ <= options_.max_queued_bytes;
}

void StreamState::wake() {
  if (!wake_ || wake_sent_) return;
  wake_sent_ = true;
  wake_();
}

bool StreamState::write(std::string_view key, std::string text) {
  const std::lock_guard lock(mutex_);
  if (writing_closed_ || reading_closed_ || is_cut_) return false;
  if (append(key, std::move(text))) {
    wake();
    return true;
  }
  is_cut_ = true;
  queue_.clear();
  wake_sent_ = false;  // also when it has been woken and is still waiting for the client
  wake();
  return false;
}

void StreamState::close_writing() {
  const std::lock_guard lock(mutex_);
  if (writing_closed_) return;
  writing_closed_ = true;
  wake();
}

bool StreamState::is_open() const {
  const std::lock_guard lock(mutex_);
  return !writing_closed_ && !reading_closed_ && !is_cut_;
}

void StreamState::on_close(std::function<void()> callback) {
  {
    const std::lock_guard lock(mutex_);
    if (!reading_closed_) {
      callbacks_.push_back(std::move(callback));
      return;
    }
  }
  callback();
}

void StreamState::attach(std::function<void()> wake_reader) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake_reader);
  if (!queue_.empty() || writing_closed_) wake();
}

StreamState::Taken StreamState::take() {
  const std::lock_guard lock(mutex_);
  wake_sent_ = false;
  Taken taken{.text = {}, .is_end = writing_closed_};
  taken.text.reserve(queued_bytes_);
  for (const Piece& piece : queue_) taken.text += piece.text;
  queue_.clear();
  queued_bytes_ = 0;
  return taken;
}

bool StreamState::is_cut() const {
  const std::lock_guard lock(mutex_);
  return is_cut_;
}

void StreamState::close_reading() {
  std::vector<std::function<void()>> callbacks;
  {
    const std::lock_guard lock(mutex_);
    if (reading_closed_) return;
    reading_closed_ = true;
    wake_ = nullptr;
    queue_.clear();
    queued_bytes_ = 0;
    callbacks.swap(callbacks_);
  }
  for (const auto& callback : callbacks) callback();
}

StreamWriter::StreamWriter(StreamOptions options)
    : state_(std::make_shared<StreamState>(std::move(options))) {}

bool StreamWriter::write(std::string text) const {
  return state_->write({}, std::move(text));
}

bool StreamWriter::write_latest(std::string_view key, std::string text) const {
  return state_->write(key, std::move(text));
}

void StreamWriter::close() const {
  state_->close_writing();
}

bool StreamWriter::is_open() const {
  return state_->is_open();
}

void StreamWriter::on_close(std::function<void()> callback) const {
  state_->on_close(std::move(callback));
}

std::string server_sent_event(std::string_view data, std::string_view event, std::string_view id) {
  if (!is_header_value(event) || !is_header_value(id)) {
    throw Error(ErrorCode::kInvalidArgument, "the name and the id of an event are one line");
  }
  std::string text;
  if (!id.empty()) text.append("id: ").append(id).append("\n");
  if (!event.empty()) text.append("event: ").append(event).append("\n");
  // Each kind of line break is one to a client: \r\n, \n and \r.
  while (true) {
    const size_t end = data.find_first_of("\r\n");
    text.append("data: ").append(data.substr(0, end)).append("\n");
    if (end == std::string_view::npos) break;
    data.remove_prefix(end + (data.substr(end, 2) == "\r\n" ? 2 : 1));
  }
  return text + "\n";
}

}  // namespace tidemill::net
