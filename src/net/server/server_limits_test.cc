// What the server does about clients that send too much, too slowly, or all at once.
#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <sys/resource.h>

#include "net/server/http_server.h"
#include "net/server/raw_client.h"

namespace tidemill::net {
namespace {

using std::chrono::milliseconds;

Router small_routes() {
  return Router({
      {"GET", "/", [](const Request&) { return Response::text("here"); }, {.is_inline = true}},
      {"POST", "/",
       [](const Request& request) { return Response::text(std::to_string(request.body.size())); }},
      {"GET", "/pooled", [](const Request&) { return Response::text("worked"); }},
      {"GET", "/huge", [](const Request&) { return Response::text(std::string(64 << 20, 'x')); }},
  });
}

struct Running {
  explicit Running(ServerOptions options) : server(std::move(options), small_routes()) { server.start(); }
  HttpServer server;
};

void wait_until(const std::function<bool()>& is_so) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!is_so() && std::chrono::steady_clock::now() < deadline)
    std::this_thread::sleep_for(milliseconds(1));
  EXPECT_TRUE(is_so());
}

int status_of(HttpServer& server, const std::string& request) {
  RawClient client(server.port());
  client.send(request);
  return client.answer().status;
}

TEST(ServerLimits, HeadersAndBodies) {
  Running running({.limits = {.max_header_bytes = 1000, .max_body_bytes = 100}});
  const auto with = [&](size_t size) {
    return status_of(running.server,
                     "GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(size, 'x') + "\r\n\r\n");
  };
  EXPECT_EQ(with(900), 200);
  EXPECT_EQ(with(1000), 431);
  EXPECT_EQ(with(1'000'000), 431) << "also when it goes on sending";
  const std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  EXPECT_EQ(status_of(running.server, post + "Content-Length: 100\r\n\r\n" + std::string(100, 'b')), 200);
  EXPECT_EQ(status_of(running.server, post + "Content-Length: 101\r\n\r\n"), 413);
  EXPECT_EQ(status_of(running.server, post + "Content-Length: 18446744073709551615\r\n\r\n"), 413);
  const std::string chunk = "32\r\n" + std::string(50, 'c') + "\r\n";
  EXPECT_EQ(
      status_of(running.server, post + "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk + "0\r\n\r\n"),
      200);
  EXPECT_EQ(status_of(running.server, post + "Transfer-Encoding: chunked\r\n\r\n" + chunk + chunk + chunk),
            413);
  EXPECT_EQ(status_of(running.server, post + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(5000, 'e')),
            400);
  EXPECT_EQ(
      status_of(running.server, post + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + std::string(5000, 't')),
      400);
}

TEST(ServerLimits, SlowClientsAreNotWaitedFor) {
  Running running({.limits = {.header_timeout_ms = 60, .body_timeout_ms = 60, .idle_timeout_ms = 60}});
  RawClient idle(running.server.port());
  EXPECT_TRUE(idle.is_closed());
  RawClient kept(running.server.port());
  kept.get("/");
  EXPECT_EQ(kept.answer().status, 200);
  EXPECT_TRUE(kept.is_closed());
  RawClient half(running.server.port());
  half.send("GET / HTTP/1.1\r\nHo");
  EXPECT_EQ(half.answer().status, 408);
  RawClient dribbling(running.server.port());
  dribbling.send("GET / HTTP/1.1\r\n");
  const auto start = std::chrono::steady_clock::now();
  while (dribbling.send("X: y\r\n") && !dribbling.receive(5)) {
  }
  EXPECT_EQ(dribbling.answer().status, 408) << "bytes that go on coming make no difference";
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
  EXPECT_EQ(status_of(running.server, "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nabc"), 408);
  wait_until([&] { return running.server.counters().open_connections == 0; });
}

TEST(ServerLimits, ClientsThatDoNotReadAreCut) {
  Running running({.limits = {.write_timeout_ms = 60}});
  RawClient client(running.server.port());
  client.get("/huge");
  wait_until([&] { return running.server.counters().requests_by_class[2] == 1; });
  wait_until([&] { return running.server.counters().open_connections == 0; });
  EXPECT_FALSE(client.answer().is_whole);
}

TEST(ServerLimits, TooManyConnections) {
  Running running({.limits = {.max_connections = 3}});
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 3; ++i) {
    clients.push_back(std::make_unique<RawClient>(running.server.port()));
    clients.back()->get("/");
    EXPECT_EQ(clients.back()->answer().status, 200);
  }
  RawClient refused(running.server.port());
  EXPECT_EQ(refused.answer().status, 503);
  EXPECT_EQ(running.server.counters().connections_refused, 1U);
  clients.pop_back();
  wait_until([&] { return running.server.counters().open_connections == 2; });
  EXPECT_EQ(status_of(running.server, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"), 200);
}

TEST(ServerLimits, TooManyRequestsAtOnce) {
  std::atomic<bool> may_go = false;
  Router routes({{"GET", "/wait", [&](const Request&) {
                    while (!may_go) std::this_thread::sleep_for(milliseconds(1));
                    return Response::text("done");
                  }}});
  HttpServer server({.worker_thread_count = 1, .limits = {.max_concurrent_requests = 2}}, std::move(routes));
  server.start();
  RawClient first(server.port());
  RawClient second(server.port());
  first.get("/wait");
  second.get("/wait");
  wait_until([&] { return server.counters().requests_in_flight == 2; });
  RawClient third(server.port());
  third.get("/wait");
  const RawAnswer refused = third.answer();
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(refused.has("Retry-After: 1"));
  may_go = true;
  EXPECT_EQ(first.answer().body, "done");
  EXPECT_EQ(second.answer().body, "done");
  third.get("/wait");
  EXPECT_EQ(third.answer().body, "done") << "the connection was kept";
}

TEST(ServerLimits, AThousandConnections) {
  rlimit files{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &files), 0);
  Running running({.io_thread_count = 2});
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 1000; ++i) clients.push_back(std::make_unique<RawClient>(running.server.port()));
  for (int round = 0; round < 3; ++round) {
    for (size_t i = 0; i < clients.size(); ++i) clients[i]->get(i % 2 == 0 ? "/" : "/pooled");
    for (size_t i = 0; i < clients.size(); ++i) {
      ASSERT_EQ(clients[i]->answer().body, i % 2 == 0 ? "here" : "worked") << i;
    }
  }
  EXPECT_EQ(running.server.counters().open_connections, 1000U);
  running.server.stop(1000);
  EXPECT_EQ(running.server.counters().requests_by_class[2], 3000U);
  EXPECT_EQ(running.server.counters().open_connections, 0U);
}

TEST(ServerLimits, ClientsThatGoAwayInTheMiddle) {
  Running running({});
  for (int i = 0; i < 50; ++i) {
    RawClient client(running.server.port());
    client.send(i % 2 == 0 ? "GET /pooled HTTP/1.1\r\nHost: h\r\n\r\n"
                           : "POST / HTTP/1.1\r\nHost: h\r\nContent-");
  }
  wait_until([&] { return running.server.counters().open_connections == 0; });
  EXPECT_EQ(status_of(running.server, "GET / HTTP/1.1\r\nHost: h\r\n\r\n"), 200);
}

}  // namespace
}  // namespace tidemill::net
