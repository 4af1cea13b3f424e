// Requests and answers as they go over the wire.
#include "net/server/http_server.h"

#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>

#include "net/http_client.h"
#include "net/server/raw_client.h"

namespace tidemill::net {
namespace {

using namespace std::string_literals;

std::string echo_text(const Request& request) {
  std::string text = request.method + " " + request.path + " body=" + request.body;
  for (const auto& [name, value] : request.path_parameters) text += " {" + name + "=" + value + "}";
  for (const auto& [name, value] : request.query) text += " ?" + name + "=" + value;
  return text;
}

Router example_routes() {
  const Handler echo = [](const Request& request) { return Response::text(echo_text(request)); };
  return Router({
      {"GET", "/echo", echo, {.is_inline = true}},
      {"POST", "/echo", echo},
      {"PUT", "/small", echo, {.max_body_bytes = 4}},
      {"GET", "/runs/{run_id}", echo},
      {"GET", "/sleep",
       [](const Request&) {
         std::this_thread::sleep_for(std::chrono::milliseconds(50));
         return Response::text("slept");
       }},
      {"GET", "/missing",
       [](const Request&) -> Response { throw Error(ErrorCode::kNotFound, "no such dag"); }},
      {"GET", "/broken", [](const Request&) -> Response { throw std::runtime_error("secret detail"); }},
      {"GET", "/large", [](const Request&) { return Response::text(std::string(3'000'000, 'x')); }},
      {"GET", "/nothing", [](const Request&) { return Response::no_content(); }},
      {"GET", "/blocks",
       [](const Request&) {
         auto left = std::make_shared<int>(3);
         return Response::blocks({.next = [left]() -> std::optional<std::string> {
                                   if ((*left)-- == 0) return std::nullopt;
                                   return "block;";
                                 }},
                                 "text/plain");
       }},
      {"GET", "/short",
       [](const Request&) {
         auto done = std::make_shared<bool>(false);
         return Response::blocks({.next = [done]() -> std::optional<std::string> {
                                    if (std::exchange(*done, true))
                                      throw Error(ErrorCode::kUnavailable, "gone");
                                    return "begun";
                                  },
                                  .size_bytes = 100},
                                 "text/plain");
       }},
  });
}

struct Running {
  explicit Running(ServerOptions options = {}, ServerHooks hooks = {})
      : server(std::move(options), example_routes(), std::move(hooks)) {
    server.start();
  }
  HttpServer server;
};

RawAnswer ask(HttpServer& server, const std::string& text) {
  RawClient client(server.port());
  client.send(text);
  return client.answer();
}

TEST(HttpServer, AnswersAnOrdinaryClient) {
  Running running;
  HttpClient client;
  const std::string url = running.server.url();
  EXPECT_EQ(client.send({.url = url + "/runs/a%2Fb%3A%2B?x=1+2&x=%26"}).body,
            "GET /runs/a/b:+ body= {run_id=a/b:+} ?x=1 2 ?x=&");
  const HttpResponse posted =
      client.send({.method = "POST", .url = url + "/echo", .body = std::string(2'000'000, 'p')});
  EXPECT_EQ(posted.status, 200);
  EXPECT_EQ(posted.body.size(), 16 + 2'000'000U) << "with Expect: 100-continue";
  EXPECT_EQ(client.send({.url = url + "/large"}).body.size(), 3'000'000U);
  EXPECT_EQ(client.send({.url = url + "/nothing"}).status, 204);
  EXPECT_EQ(client.send({.url = url + "/blocks"}).body, "block;block;block;");
  const HttpResponse head = client.send({.method = "HEAD", .url = url + "/large"});
  EXPECT_EQ(head.header("content-length"), "3000000");
  running.server.stop(1000);  // an answer is counted when it has been sent
  EXPECT_EQ(running.server.counters().connections_accepted, 1U) << "kept alive";
  EXPECT_EQ(running.server.counters().requests_by_class[2], 6U);
}

TEST(HttpServer, ErrorsHaveTheirStatusAndNoMoreThanTheyMaySay) {
  Running running;
  HttpClient client;
  const std::string url = running.server.url();
  EXPECT_EQ(client.send({.url = url + "/missing"}).body, R"({"status":404,"detail":"no such dag"})");
  EXPECT_EQ(client.send({.url = url + "/broken"}).body, R"({"status":500,"detail":"internal error"})");
  EXPECT_EQ(client.send({.url = url + "/none"}).status, 404);
  const HttpResponse refused = client.send({.method = "DELETE", .url = url + "/echo"});
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.header("allow"), "GET, HEAD, OPTIONS, POST");
  const HttpResponse options = client.send({.method = "OPTIONS", .url = url + "/echo"});
  EXPECT_EQ(options.status, 204);
  EXPECT_EQ(options.header("allow"), "GET, HEAD, OPTIONS, POST");
  EXPECT_THROW(client.send({.url = url + "/short"}), Error) << "the client sees that it is not whole";
}

TEST(HttpServer, HooksAnswerInTheApplicationsShape) {
  std::mutex mutex;
  std::vector<std::string> log;
  std::string unexpected;
  ServerHooks hooks;
  hooks.before = [](Request& request) -> std::optional<Response> {
    if (request.query_value("token") != "t") return Response::json_text("{\"who\":null}", 401);
    request.attributes.emplace_back("user", "ann");
    return std::nullopt;
  };
  hooks.not_found = [](const Request& request) {
    return Response::text(std::string(*request.attribute("user")) + " sees nothing", 404);
  };
  hooks.method_not_allowed = [](const Request&, const std::string& allow) {
    return Response::text(allow, 405);
  };
  hooks.on_error = [](const Request&, const Error& error) {
    return Response::text("E " + error.message(), 410);
  };
  hooks.on_unexpected = [&](const Request&, std::string_view what) { unexpected = what; };
  hooks.refused = [](const Request&, int status, std::string_view) { return Response::text("R", status); };
  hooks.on_access = [&](const AccessRecord& record) {
    const std::lock_guard lock(mutex);
    log.push_back(fmt::format("{} {} {} {} {}", record.method, record.path, record.route_pattern,
                              record.status, record.body_bytes));
    EXPECT_GE(record.duration_us, 0);
    EXPECT_EQ(record.remote_address, "127.0.0.1");
  };
  Running running({.default_headers = {{"X-Content-Type-Options", "nosniff"}}}, hooks);
  HttpClient client;
  const std::string url = running.server.url();
  const HttpResponse refused = client.send({.url = url + "/echo"});
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.header("x-content-type-options"), "nosniff");
  EXPECT_EQ(client.send({.url = url + "/none?token=t"}).body, "ann sees nothing");
  EXPECT_EQ(client.send({.method = "PUT", .url = url + "/echo?token=t"}).body, "GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(client.send({.url = url + "/missing?token=t"}).body, "E no such dag");
  EXPECT_EQ(client.send({.url = url + "/broken?token=t"}).body, "R");
  EXPECT_EQ(unexpected, "secret detail");
  EXPECT_EQ(client.send({.url = url + "/runs/7?token=t"}).status, 200);
  EXPECT_EQ(ask(running.server, "bad\r\n\r\n").body, "R");
  running.server.stop(1000);
  ASSERT_EQ(log.size(), 7U);
  EXPECT_EQ(log[5], "GET /runs/7 /runs/{run_id} 200 37");
  EXPECT_EQ(log[6], "   400 1");
}

TEST(HttpServer, PipelinedRequestsAreAnsweredInOrder) {
  Running running;
  RawClient client(running.server.port());
  std::string text;
  for (int i = 0; i < 200; ++i) {
    text += fmt::format("GET /{}?n={} HTTP/1.1\r\nHost: h\r\n\r\n", i % 20 == 0 ? "runs/x" : "echo", i);
  }
  client.send(text);
  for (int i = 0; i < 200; ++i) {
    const RawAnswer answer = client.answer();
    ASSERT_EQ(answer.status, 200) << i;
    EXPECT_TRUE(answer.body.ends_with(fmt::format("?n={}", i))) << answer.body;
  }
  EXPECT_EQ(running.server.counters().connections_accepted, 1U);
}

TEST(HttpServer, RequestsInPieces) {
  Running running;
  RawClient client(running.server.port());
  const std::string text =
      "\r\nPOST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;x=y\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\nTrailer: 1\r\n\r\n"
      "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n";
  for (const char c : text) ASSERT_TRUE(client.send({&c, 1}));
  EXPECT_EQ(client.answer().body, "POST /echo body=abc0123456789abcdef");
  EXPECT_EQ(client.answer().body, "GET /echo body=");
}

TEST(HttpServer, SaysContinueOnlyToWhatItTakes) {
  Running running;
  {
    RawClient client(running.server.port());
    client.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.answer().status, 100);
    client.send("hi");
    EXPECT_EQ(client.answer().body, "POST /echo body=hi");
  }
  {
    RawClient client(running.server.port());
    client.send("PUT /small HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
    EXPECT_EQ(client.answer().status, 413);
  }
  EXPECT_EQ(
      ask(running.server, "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nExpect: x\r\n\r\n").status,
      417);
}

TEST(HttpServer, OldClients) {
  Running running;
  RawClient client(running.server.port());
  client.send("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_TRUE(client.answer().has("Connection: keep-alive"));
  client.send("GET /blocks HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  const RawAnswer blocks = client.answer();
  EXPECT_EQ(blocks.body, "block;block;block;");
  EXPECT_FALSE(blocks.has("chunked"));
  EXPECT_TRUE(blocks.is_whole) << "the end of the connection ends it";
}

TEST(HttpServer, ClosesWhenAskedTo) {
  Running running;
  RawClient client(running.server.port());
  client.send("GET /echo HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.answer().has("Connection: close"));
  EXPECT_TRUE(client.is_closed());
}

TEST(HttpServer, RefusesWhatTwoServersCouldReadInTwoWays) {
  Running running;
  struct Case {
    int status;
    std::string request;
  };
  const std::string post = "POST /echo HTTP/1.1\r\nHost: h\r\n";
  const Case cases[] = {
      {400, post + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {400, post + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"},
      {400, post + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"},
      {400, post + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc"},
      {400, post + "Content-Length: 3, 3\r\n\r\nabc"},
      {400, post + "Content-Length: +3\r\n\r\nabc"},
      {400, post + "Content-Length: -1\r\n\r\nabc"},
      {400, post + "Content-Length: 0x3\r\n\r\nabc"},
      {400, post + "Content-Length: 99999999999999999999\r\n\r\nabc"},
      {400, post + "Content-Length:\r\n\r\n"},
      {400, post + "Content-Length : 3\r\n\r\nabc"},
      {400, post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"},
      {400, post + "Content-Length: 3\r\n folded\r\n\r\nabc"},
      {400, post + "X: a\r\n\tb\r\n\r\n"},
      {501, post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"},
      {501, post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
      {501, post + "Transfer-Encoding: identity\r\n\r\n"},
      {400, post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {400, post + "Transfer-Encoding: chunked\r\n\r\nxyz\r\n"},
      {400, post + "Transfer-Encoding: chunked\r\n\r\n-1\r\n\r\n"},
      {400, post + "Transfer-Encoding: chunked\r\n\r\n0x1\r\na\r\n0\r\n\r\n"},
      {400, post + "Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n0\r\n\r\n"},
      {400, post + "Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\na\r\n0\r\n\r\n"},
      {400, "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"},
      {400, "GET /echo HTTP/1.1\r\n\r\n"},
      {400, "GET /echo HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"},
      {400, "GET /echo HTTP/1.1\r\nHost: a\r\nX Y: b\r\n\r\n"},
      {400, "GET /echo HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n"},
      {400, "GET /echo HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n"},
      {400, "GET /echo HTTP/1.1\r\nHost: a\r\nX: a\nY: b\r\n\r\n"},
      {400, "GET /echo HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"s},
      {400, " GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET  /echo HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET /echo\r\nHost: a\r\n\r\n"},
      {400, "GET echo HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "CONNECT h:80 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n"},
      {400, "GET /a?b=%f HTTP/1.1\r\nHost: a\r\n\r\n"},
      {505, "GET /echo HTTP/2.0\r\nHost: a\r\n\r\n"},
      {505, "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
      {400, "\x16\x03\x01\x02"},
  };
  for (const Case& one : cases) {
    RawClient client(running.server.port());
    client.send(one.request);
    const RawAnswer answer = client.answer();
    EXPECT_EQ(answer.status, one.status) << one.request << "\n" << answer.body;
    EXPECT_TRUE(answer.has("Connection: close")) << one.request;
    EXPECT_TRUE(client.is_closed()) << one.request;
  }
  EXPECT_EQ(ask(running.server, "GET http://h/echo?a=1 HTTP/1.1\r\nHost: h\r\n\r\n").body,
            "GET /echo body= ?a=1");
  EXPECT_EQ(ask(running.server, "GET /%00%2e%2e HTTP/1.1\r\nHost: h\r\n\r\n").status, 404)
      << "given as it is";
}

TEST(HttpServer, APortThatIsTakenIsSaidSo) {
  Running running;
  HttpServer second({.port = running.server.port()}, Router());
  try {
    second.start();
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::kConflict);
    EXPECT_NE(error.message().find(std::to_string(running.server.port())), std::string::npos);
  }
  EXPECT_THROW(HttpServer({.address = "192.0.2.1"}, Router()).start(), Error);
  EXPECT_THROW(HttpServer({.address = "no address"}, Router()).start(), Error);
  EXPECT_THROW(HttpServer({.io_thread_count = 0}, Router()), Error);
  EXPECT_THROW(HttpServer({.default_headers = {{"X", "a\nb"}}}, Router()), Error);
}

TEST(HttpServer, StopsAfterWhatRuns) {
  Running running({.io_thread_count = 2});
  RawClient idle(running.server.port());
  RawClient busy(running.server.port());
  idle.get("/echo");
  EXPECT_EQ(idle.answer().status, 200);
  busy.get("/sleep");
  while (running.server.counters().requests_in_flight == 0) std::this_thread::yield();
  running.server.stop(5000);
  EXPECT_EQ(busy.answer().body, "slept");
  EXPECT_TRUE(busy.is_closed());
  EXPECT_TRUE(idle.is_closed());
  EXPECT_FALSE(RawClient(running.server.port()).is_connected());
}

TEST(HttpServer, StopCutsOffWhatTakesLongerThanItsGrace) {
  Running running;
  RawClient client(running.server.port());
  client.get("/sleep");
  while (running.server.counters().requests_in_flight == 0) std::this_thread::yield();
  running.server.stop(0);
  EXPECT_EQ(client.answer().status, 0);
}

TEST(HttpServer, Tls) {
  const auto folder = std::filesystem::temp_directory_path() / fmt::format("tidemill_tls_{}", ::getpid());
  std::filesystem::create_directories(folder);
  const auto file = [&](const char* name) { return (folder / name).string(); };
  const std::string command = fmt::format(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1 "
      "-addext "
      "subjectAltName=IP:127.0.0.1 -keyout {} -out {} 2>/dev/null",
      file("key.pem"), file("cert.pem"));
  if (std::system(command.c_str()) != 0)
    GTEST_SKIP() << "no openssl program";  // NOLINT(concurrency-mt-unsafe)
  {
    Running running({.tls = TlsFiles{file("cert.pem"), file("key.pem")}});
    HttpClient client({.ca_file = file("cert.pem")});
    EXPECT_TRUE(running.server.url().starts_with("https://"));
    EXPECT_EQ(client.send({.url = running.server.url() + "/echo"}).body, "GET /echo body=");
    EXPECT_EQ(client.send({.url = running.server.url() + "/large"}).body.size(), 3'000'000U);
    EXPECT_EQ(
        client
            .send(
                {.method = "POST", .url = running.server.url() + "/echo", .body = std::string(500'000, 'x')})
            .body.size(),
        16 + 500'000U);
    EXPECT_EQ(ask(running.server, "GET /echo HTTP/1.1\r\nHost: h\r\n\r\n").status, 0) << "plain text";
  }
  EXPECT_THROW(HttpServer({.tls = TlsFiles{file("none.pem"), file("key.pem")}}, Router()).start(), Error);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace tidemill::net
