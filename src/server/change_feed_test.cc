#include "server/change_feed.h"

#include <atomic>
#include <fstream>
#include <future>
#include <semaphore>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/error.h"
#include "net/server/http_message.h"
#include "net/server/stream_state.h"

namespace tidemill::server {
namespace {

// The client's end of a stream.
class Client {
 public:
  Client() : response_(net::Response::stream(writer_, "text/event-stream")) {
    state().attach([this] { arrived_.release(); });
  }
  const net::StreamWriter& writer() const { return writer_; }
  net::StreamState::Taken next() {
    arrived_.acquire();
    return state().take();
  }
  void leave() { response_ = net::Response(204); }

 private:
  net::StreamState& state() {
    return std::get<std::shared_ptr<net::StreamReader>>(response_.body())->state();
  }

  std::counting_semaphore<> arrived_{0};
  net::StreamWriter writer_;
  net::Response response_;
};

TEST(ChangeFeedTest, TellsWhoListensOfChanges) {
  std::atomic<int64_t> number = 1;
  std::promise<void> has_looked;
  std::atomic<int> looks = 0;
  ChangeFeed feed([&]() -> ChangeFeed::Changes {
    return [&] {
      if (++looks == 2) has_looked.set_value();
      return number.load();
    };
  });
  Client one, other;
  feed.add(one.writer(), "");
  feed.add(other.writer(), "");
  has_looked.get_future().wait();  // what was before it listened is no change
  number = 2;
  EXPECT_EQ(one.next().text, "event: change\ndata: \n\n");
  EXPECT_EQ(other.next().text, "event: change\ndata: \n\n");
}

TEST(ChangeFeedTest, TellsOfTheLogThatIsFollowed) {
  const auto file = std::filesystem::path(testing::TempDir()) / ("change_feed_" + std::to_string(getpid()));
  ChangeFeed feed([]() -> ChangeFeed::Changes { return [] { return 1; }; });
  Client client;
  feed.add(client.writer(), file);  // not there yet
  std::ofstream(file) << "one line\n";
  EXPECT_EQ(client.next().text, "event: log\ndata: \n\n");
  std::filesystem::remove(file);
}

TEST(ChangeFeedTest, HoldsNoConnectionForNobody) {
  std::promise<void> is_closed;
  ChangeFeed feed([&]() -> ChangeFeed::Changes {
    const std::shared_ptr<void> connection(nullptr, [&](void*) { is_closed.set_value(); });
    return [connection, number = int64_t{0}]() mutable { return ++number; };
  });
  Client client;
  feed.add(client.writer(), "");
  client.next();
  client.leave();
  is_closed.get_future().wait();
}

TEST(ChangeFeedTest, ClosesStreamsWhenItCannotAsk) {
  int opened = 0;
  ChangeFeed feed([&]() -> ChangeFeed::Changes {
    if (++opened == 1) throw Error(ErrorCode::kUnavailable, "the server is away");
    return [number = int64_t{0}]() mutable { return ++number; };
  });
  Client first, second;
  feed.add(first.writer(), "");
  EXPECT_TRUE(first.next().is_end);
  feed.add(second.writer(), "");  // a browser that comes back
  EXPECT_FALSE(second.next().is_end);
}

TEST(ChangeFeedTest, EndsItsStreamsWithItself) {
  Client client;
  {
    ChangeFeed feed([]() -> ChangeFeed::Changes { return [] { return 1; }; });
    feed.add(client.writer(), "");
  }
  EXPECT_TRUE(client.next().is_end);
}

}  // namespace
}  // namespace tidemill::server
