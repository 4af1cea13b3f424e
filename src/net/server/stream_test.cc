// Answers that go on, and the writers behind them.
#include <atomic>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "net/server/http_server.h"
#include "net/server/raw_client.h"

namespace tidemill::net {
namespace {

using std::chrono::milliseconds;

void wait_until(const std::function<bool()>& is_so) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!is_so() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(milliseconds(1));
  EXPECT_TRUE(is_so());
}

// Streams that the test writes to: each GET /events adds one.
class Subscribers {
 public:
  explicit Subscribers(StreamOptions options = {}) : options_(std::move(options)) {}

  Response subscribe(const Request&) {
    const StreamWriter writer(options_);
    writer.on_close([this] { ++closed_; });
    const std::lock_guard lock(mutex_);
    writers_.push_back(writer);
    return Response::stream(writer, "text/event-stream");
  }
  size_t count() {
    const std::lock_guard lock(mutex_);
    return writers_.size();
  }
  int closed() const { return closed_; }
  void write(const std::string& text) {
    const std::lock_guard lock(mutex_);
    for (const StreamWriter& writer : writers_) writer.write(text);
  }
  void close() {
    const std::lock_guard lock(mutex_);
    for (const StreamWriter& writer : writers_) writer.close();
  }
  StreamWriter at(size_t index) {
    const std::lock_guard lock(mutex_);
    return writers_.at(index);
  }

 private:
  StreamOptions options_;
  std::mutex mutex_;
  std::vector<StreamWriter> writers_;
  std::atomic<int> closed_ = 0;
};

Router stream_routes(Subscribers& subscribers) {
  return Router({{"GET", "/events", [&](const Request& request) { return subscribers.subscribe(request); }},
                 {"GET", "/wait", [](const Request&) {
                    const StreamWriter writer({.keep_alive_text = "\n"});
                    std::thread([writer] {
                      for (int i = 0; i < 3; ++i) writer.write("{\"n\":" + std::to_string(i) + "}\n");
                      writer.close();
                    }).detach();
                    return Response::stream(writer, "application/x-ndjson");
                  }}});
}

TEST(Stream, TwoHundredClientsOnTwoThreads) {
  Subscribers subscribers;
  HttpServer server({.io_thread_count = 1, .worker_thread_count = 1}, stream_routes(subscribers));
  server.start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<RawClient>(server.port()));
    clients.back()->get("/events");
  }
  wait_until([&] { return subscribers.count() == 200; });
  for (int i = 0; i < 20; ++i) subscribers.write(server_sent_event("line " + std::to_string(i), "log"));
  subscribers.close();
  std::string expected;
  for (int i = 0; i < 20; ++i) expected += server_sent_event("line " + std::to_string(i), "log");
  for (auto& client : clients) {
    const RawAnswer answer = client->answer();
    EXPECT_TRUE(answer.is_whole);
    EXPECT_EQ(answer.body, expected);
    EXPECT_TRUE(answer.has("Cache-Control: no-store"));
  }
  wait_until([&] { return subscribers.closed() == 200; });
  EXPECT_EQ(server.counters().open_streams, 0U);
}

TEST(Stream, LinesOfJsonFromAnotherThread) {
  Subscribers subscribers;
  HttpServer server({}, stream_routes(subscribers));
  server.start();
  for (int i = 0; i < 50; ++i) {
    RawClient client(server.port());
    client.get("/wait");
    const RawAnswer answer = client.answer();
    EXPECT_TRUE(answer.is_whole);
    EXPECT_EQ(answer.body, "{\"n\":0}\n{\"n\":1}\n{\"n\":2}\n");
  }
}

TEST(Stream, KeepsAliveAndNoticesThatTheClientIsGone) {
  Subscribers subscribers({.keep_alive_ms = 10});
  HttpServer server({}, stream_routes(subscribers));
  server.start();
  RawClient client(server.port());
  client.get("/events");
  EXPECT_TRUE(client.receive_until(": keep-alive\n\n"));
  EXPECT_EQ(server.counters().open_streams, 1U);
  EXPECT_TRUE(subscribers.at(0).is_open());
  client.close();
  wait_until([&] { return subscribers.closed() == 1; });
  EXPECT_FALSE(subscribers.at(0).is_open());
  EXPECT_FALSE(subscribers.at(0).write("x"));
}

TEST(Stream, AClientThatIsTooSlowIsCut) {
  Subscribers subscribers({.max_queued_bytes = 100'000});
  HttpServer server({}, stream_routes(subscribers));
  server.start();
  RawClient client(server.port());
  client.get("/events");
  wait_until([&] { return server.counters().open_streams == 1; });
  const StreamWriter writer = subscribers.at(0);
  const std::string text(10'000, 'x');
  for (int i = 0; writer.write(text) && i < 1'000'000; ++i) {
  }
  EXPECT_FALSE(writer.is_open());
  wait_until([&] { return subscribers.closed() == 1; });
  EXPECT_FALSE(client.answer().is_whole);
}

TEST(Stream, TheLatestReplacesWhatStillWaits) {
  const StreamWriter writer({.max_queued_bytes = 50});
  Response response = Response::stream(writer, "text/event-stream");
  writer.write("begin ");
  for (int i = 0; i < 1000; ++i) EXPECT_TRUE(writer.write_latest("progress", std::to_string(i) + "%"));
  HttpServer server({}, Router({{"GET", "/", [&](const Request&) { return std::move(response); }}}));
  server.start();
  RawClient client(server.port());
  client.get("/");
  writer.close();
  EXPECT_EQ(client.answer().body, "begin 999%");
}

TEST(Stream, AnAnswerThatIsNeverSentClosesIt) {
  const StreamWriter writer;
  int closed = 0;
  writer.on_close([&] { ++closed; });
  { const Response response = Response::stream(writer, "text/plain"); }
  EXPECT_EQ(closed, 1);
  EXPECT_FALSE(writer.write("x"));
  writer.on_close([&] { ++closed; });
  EXPECT_EQ(closed, 2) << "at once";
}

TEST(Stream, StopIsPrompt) {
  Subscribers subscribers;
  HttpServer server({}, stream_routes(subscribers));
  server.start();
  RawClient client(server.port());
  client.get("/events");
  wait_until([&] { return server.counters().open_streams == 1; });
  const auto start = std::chrono::steady_clock::now();
  server.stop(60'000);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(10));
  EXPECT_EQ(subscribers.closed(), 1);
  EXPECT_FALSE(client.answer().is_whole);
  EXPECT_FALSE(subscribers.at(0).write("after the server"));
}

TEST(Stream, HeadRequestsOpenNone) {
  Subscribers subscribers;
  HttpServer server({}, stream_routes(subscribers));
  server.start();
  RawClient client(server.port());
  client.send("HEAD /events HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(client.answer(true).status, 200);
  EXPECT_TRUE(client.is_closed());
  wait_until([&] { return subscribers.closed() == 1; });
}

}  // namespace
}  // namespace tidemill::net
