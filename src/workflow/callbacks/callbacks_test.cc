#include <chrono>
#include <fstream>
#include <iterator>
#include <map>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/json.h"
#include "net/scripted_server.h"
#include "workflow/callbacks/callback_threads.h"
#include "workflow/callbacks/command.h"
#include "workflow/executor/task_log.h"

namespace tidemill::workflow {
namespace {

namespace fs = std::filesystem;
using net::answer;
using net::ScriptedServer;

class Callbacks : public ::testing::Test {
 protected:
  Callbacks() { fs::create_directories(folder_); }
  ~Callbacks() override { fs::remove_all(folder_); }

  CallbackCall call(Callback target) {
    target.name = "on_call";
    return {7, std::move(target), Json{{"event", "on_failure"}, {"log_file", log_file()}}.dump()};
  }
  std::string log_file() const { return (folder_ / "logs" / "attempt=1.log").string(); }

  // How it finished.
  std::string made(Callback target) {
    CallbackThreads threads(options());
    threads.submit(call(std::move(target)));
    while (true) {
      for (FinishedCallback& finished : threads.take_finished()) {
        EXPECT_EQ(finished.id, 7);
        return std::move(finished.error);
      }
      usleep(1000);
    }
  }
  CallbackOptions options() {
    return {.folder = folder_, .variable = [this](const std::string& name) {
              const auto found = variables_.find(name);
              return found == variables_.end() ? std::nullopt : std::optional(found->second);
            }};
  }
  std::string content(const std::string& name) const {
    std::ifstream file(folder_ / name);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  }
  static Callback webhook(const std::string& url) {
    Callback target;
    target.url = url;
    target.retries = 1;
    return target;
  }
  static Callback shell(const std::string& script, int64_t timeout_ms = 60'000) {
    Callback target;
    target.command = {"sh", "-c", script};
    target.timeout_ms = timeout_ms;
    return target;
  }

  fs::path folder_ = fs::path(::testing::TempDir()) / ("tidemill_callbacks_" + std::to_string(getpid()));
  std::map<std::string, std::string> variables_;
};

TEST_F(Callbacks, AWebhookGetsTheDocument) {
  ScriptedServer server({answer("204 No Content", "")});
  variables_["TOKEN"] = "s3cret";
  Callback target = webhook(server.url("/hook?x=1"));
  target.token_variable = "TOKEN";
  EXPECT_EQ(made(target), "");
  const std::string& request = server.requests().at(0);
  EXPECT_TRUE(request.starts_with("POST /hook?x=1 HTTP/1.1\r\n")) << request;
  for (const char* part : {"Content-Type: application/json\r\n", "Authorization: Bearer s3cret\r\n",
                           "Idempotency-Key: tidemill-callback-7\r\n", R"({"event":"on_failure")"}) {
    EXPECT_NE(request.find(part), std::string::npos) << request;
  }
  EXPECT_FALSE(fs::exists(log_file()));
}

TEST_F(Callbacks, AWebhookIsToldAgainWhileItIsBusy) {
  ScriptedServer server({answer("503 Busy", ""), answer("200 OK", "")});
  EXPECT_EQ(made(webhook(server.url())), "");
  EXPECT_EQ(server.requests().size(), 2u);
}

TEST_F(Callbacks, AWebhookThatRefusesIsGivenUpAndStandsInTheTasksLog) {
  ScriptedServer server({answer("403 Forbidden", "no")});
  variables_["URL"] = server.url("/with/a/s3cret");
  Callback target;
  target.url_variable = "URL";
  EXPECT_EQ(made(target), "$URL answered 403");
  EXPECT_EQ(server.requests().size(), 1u);
  const LogPage page = read_log(log_file(), 0, 10'000);
  ASSERT_EQ(page.records.size(), 1u);
  EXPECT_EQ(page.records[0].level, "error");
  EXPECT_EQ(page.records[0].event, "callback on_call (on_failure): $URL answered 403");
}

TEST_F(Callbacks, WhatVariablesHoldIsNeverShown) {
  Callback target;
  target.url_variable = "URL";
  target.retries = 0;
  EXPECT_EQ(made(target), "the environment variable URL is not set where the scheduler runs");
  for (const char* url : {"s3cret", "http://[s3cret/", "http://127.0.0.1:1/s3cret", "ftp://s3cret/"}) {
    variables_["URL"] = url;
    const std::string error = made(target);
    EXPECT_FALSE(error.empty());
    EXPECT_EQ(error.find("s3cret"), std::string::npos) << error;
  }
}

TEST_F(Callbacks, ACommandReadsTheDocument) {
  EXPECT_EQ(made(shell("cat > told")), "");
  EXPECT_EQ(parse_json(content("told"), "told")["event"], "on_failure");
  EXPECT_EQ(made(shell("true")), "");  // which does not read it
}

TEST_F(Callbacks, ACommandThatFailsIsGivenUpWithItsLastLine) {
  EXPECT_EQ(made(shell("echo one; echo two >&2; exit 3")), "'sh' ended with exit code 3: two");
  EXPECT_EQ(made(shell("kill -9 $$")), "'sh' was killed by signal 9");
  Callback absent;
  absent.command = {"no-such-program"};
  EXPECT_EQ(made(absent), "'no-such-program' ended with exit code 127 (no such program?)");
}

// It waits for the pipe's other end to close: all that has it open is gone then.
TEST_F(Callbacks, ACommandThatTakesTooLongIsEndedWithItsGroup) {
  const std::string pipe = (folder_ / "pipe").string();
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  EXPECT_EQ(made(shell("exec 9>pipe; sleep 600 & sleep 600", 300)),
            "'sh' took longer than 300 ms and was ended");
  pollfd polled{reader, POLLIN, 0};
  EXPECT_EQ(poll(&polled, 1, 30'000), 1);
  EXPECT_NE(polled.revents & POLLHUP, 0);
  close(reader);
}

TEST_F(Callbacks, LargeDocumentsAndMuchOutputGoThrough) {
  const std::atomic<bool> stop = false;
  const std::string text(3'000'000, 'x');
  EXPECT_EQ(run_command({"sh", "-c", "cat | tee copy"}, text, folder_, 60'000, stop), "");
  EXPECT_EQ(content("copy"), text);
}

TEST_F(Callbacks, DestroyingCutsShortWhatIsBeingMade) {
  Callback silent = webhook("http://127.0.0.1:1/");
  silent.retries = 1000;  // hours of pauses
  const auto start = std::chrono::steady_clock::now();
  {
    CallbackThreads threads(options());
    threads.submit(call(silent));
    threads.submit(call(shell("echo > begun; sleep 600")));
    while (!fs::exists(folder_ / "begun")) usleep(1000);
    EXPECT_TRUE(threads.take_finished().empty());
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(60));
}

}  // namespace
}  // namespace tidemill::workflow
