#include "server/project_watcher.h"

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

using workflow::RunState;

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
  std::optional<net::StreamState::Taken> next_within(int64_t ms) {
    if (!arrived_.try_acquire_for(std::chrono::milliseconds(ms))) return std::nullopt;
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

// A project as the test sets it.
struct Facts {
  std::mutex mutex;
  int64_t number = 1;
  std::map<std::pair<std::string, std::string>, RunState> unfinished;
  std::map<std::string, std::string> last_lines;  // by run
  bool is_away = false;
  int looks = 0, opened = 0, closed = 0;
  std::condition_variable has_happened;

  void change(const std::function<void()>& what) {
    const std::lock_guard lock(mutex);
    what();
    ++number;
  }
  void await(const std::function<bool()>& is_so) {
    std::unique_lock lock(mutex);
    has_happened.wait(lock, is_so);
  }
};

class FakeProject final : public WatchedProject {
 public:
  explicit FakeProject(Facts& facts) : facts_(facts) {
    const std::lock_guard lock(facts_.mutex);
    ++facts_.opened;
  }
  ~FakeProject() override {
    const std::lock_guard lock(facts_.mutex);
    ++facts_.closed;
    facts_.has_happened.notify_all();
  }
  int64_t change_number() override {
    const std::lock_guard lock(facts_.mutex);
    if (facts_.is_away) throw Error(ErrorCode::kUnavailable, "the server is away");
    ++facts_.looks;
    facts_.has_happened.notify_all();
    return facts_.number;
  }
  std::map<std::pair<std::string, std::string>, RunState> unfinished_runs() override {
    const std::lock_guard lock(facts_.mutex);
    return facts_.unfinished;
  }
  std::optional<std::string> last_wait_line(const std::string& dag_id, const std::string& run_id,
                                            const std::vector<std::string>& /*results*/) override {
    const std::lock_guard lock(facts_.mutex);
    if (facts_.unfinished.contains({dag_id, run_id})) return std::nullopt;
    return facts_.last_lines[run_id];
  }

 private:
  Facts& facts_;
};

class ProjectWatcherTest : public testing::Test {
 protected:
  ProjectWatcher::Wait wait_for(const Client& client, const std::string& run_id,
                                int64_t interval_ms = 3'600'000) {
    return {.dag_id = "d", .run_id = run_id, .interval_ms = interval_ms, .writer = client.writer()};
  }
  void await_looks(int count) {
    int until = 0;
    facts_.await([&] {
      if (until == 0) until = facts_.looks + count;
      return facts_.looks >= until;
    });
  }

  Facts facts_;
  std::function<std::unique_ptr<WatchedProject>()> open_ = [this] {
    return std::make_unique<FakeProject>(facts_);
  };
};

TEST_F(ProjectWatcherTest, TellsWhoListensOfChanges) {
  ProjectWatcher watcher(open_);
  Client one, other;
  watcher.follow(one.writer(), "");
  watcher.follow(other.writer(), "");
  await_looks(2);  // what was before it listened is no change
  facts_.change([] {});
  EXPECT_EQ(one.next().text, "event: change\ndata: \n\n");
  EXPECT_EQ(other.next().text, "event: change\ndata: \n\n");
  EXPECT_FALSE(one.next_within(300));
}

TEST_F(ProjectWatcherTest, TellsAtTimesWhatNobodyCounts) {
  ProjectWatcher watcher(open_, 100);
  Client client;
  watcher.follow(client.writer(), "");
  EXPECT_EQ(client.next().text, "event: change\ndata: \n\n");
  EXPECT_EQ(client.next().text, "event: change\ndata: \n\n");
}

TEST_F(ProjectWatcherTest, TellsOfTheLogThatIsFollowed) {
  const auto file =
      std::filesystem::path(testing::TempDir()) / ("project_watcher_" + std::to_string(getpid()));
  ProjectWatcher watcher(open_);
  Client one, other, without;
  watcher.follow(one.writer(), file);  // not there yet
  watcher.follow(other.writer(), file);
  watcher.follow(without.writer(), "");
  std::ofstream(file) << "one line\n";
  EXPECT_EQ(one.next().text, "event: log\ndata: \n\n");
  EXPECT_EQ(other.next().text, "event: log\ndata: \n\n");
  EXPECT_FALSE(without.next_within(200));
  std::filesystem::remove(file);
}

TEST_F(ProjectWatcherTest, HoldsNoConnectionForNobody) {
  ProjectWatcher watcher(open_);
  Client client, waiting;
  facts_.unfinished[{"d", "r"}] = RunState::kRunning;
  watcher.follow(client.writer(), "");
  watcher.wait(wait_for(waiting, "r"));
  await_looks(1);
  client.leave();
  waiting.leave();
  facts_.await([&] { return facts_.closed == 1; });
  EXPECT_EQ(facts_.opened, 1);
}

TEST_F(ProjectWatcherTest, ClosesStreamsWhenItCannotAsk) {
  facts_.is_away = true;
  facts_.unfinished[{"d", "r"}] = RunState::kRunning;
  ProjectWatcher watcher(open_);
  Client first, waiting, second;
  watcher.follow(first.writer(), "");
  EXPECT_TRUE(first.next().is_end);
  watcher.wait(wait_for(waiting, "r"));
  const auto end = waiting.next();
  EXPECT_TRUE(end.is_end);
  EXPECT_EQ(end.text, "");
  facts_.change([&] { facts_.is_away = false; });
  watcher.follow(second.writer(), "");  // a browser that comes back
  await_looks(1);
  facts_.change([] {});
  EXPECT_FALSE(second.next().is_end);
}

TEST_F(ProjectWatcherTest, EndsItsStreamsWithItself) {
  Client client, waiting;
  facts_.unfinished[{"d", "r"}] = RunState::kRunning;
  {
    ProjectWatcher watcher(open_);
    watcher.follow(client.writer(), "");
    watcher.wait(wait_for(waiting, "r"));
  }
  EXPECT_TRUE(client.next().is_end);
  EXPECT_TRUE(waiting.next().is_end);
}

TEST_F(ProjectWatcherTest, TellsTheEndOfARunAtOnce) {
  facts_.unfinished = {{{"d", "r"}, RunState::kRunning}, {{"d", "other"}, RunState::kQueued}};
  ProjectWatcher watcher(open_);
  Client client, other;
  watcher.wait(wait_for(client, "r"));
  watcher.wait(wait_for(other, "other"));
  await_looks(1);
  facts_.change([&] {
    facts_.unfinished.erase({"d", "r"});
    facts_.last_lines["r"] = "over\n";
  });
  const auto end = client.next();
  EXPECT_EQ(end.text, "over\n");
  EXPECT_TRUE(end.is_end || client.next().is_end);
  EXPECT_FALSE(other.next_within(300));
}

TEST_F(ProjectWatcherTest, TellsARunThatWasOverBeforeItWasWatched) {
  facts_.last_lines["r"] = "over\n";
  ProjectWatcher watcher(open_);
  Client client;
  watcher.wait(wait_for(client, "r"));
  EXPECT_EQ(client.next().text, "over\n");
}

TEST_F(ProjectWatcherTest, TellsTheStateEachInterval) {
  facts_.unfinished[{"d", "r"}] = RunState::kQueued;
  ProjectWatcher watcher(open_);
  Client client;
  watcher.wait(wait_for(client, "r", 50));
  EXPECT_EQ(client.next().text, "{\"state\":\"queued\"}\n");
  EXPECT_EQ(client.next().text, "{\"state\":\"queued\"}\n");
}

TEST_F(ProjectWatcherTest, WhoIsGoneKeepsNoPlace) {
  facts_.unfinished[{"d", "r"}] = RunState::kRunning;
  ProjectWatcher watcher(open_);
  {
    std::vector<std::unique_ptr<Client>> clients;
    for (size_t i = 0; i < ProjectWatcher::kMaxWaits; ++i) {
      clients.push_back(std::make_unique<Client>());
      watcher.wait(wait_for(*clients.back(), "r"));
    }
    Client late;
    EXPECT_THROW(watcher.wait(wait_for(late, "r")), Error);
  }
  Client next;
  watcher.wait(wait_for(next, "r"));
}

}  // namespace
}  // namespace tidemill::server
