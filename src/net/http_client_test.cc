#include "net/http_client.h"

#include <fstream>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "net/retry.h"
#include "net/scripted_server.h"

namespace tidemill::net {
namespace {

ErrorCode failure_code(const HttpRequest& request) {
  HttpClient client;
  auto outcome = client.try_send(request);
  EXPECT_TRUE(std::holds_alternative<HttpFailure>(outcome));
  const auto* failure = std::get_if<HttpFailure>(&outcome);
  return failure != nullptr ? failure->error.code() : ErrorCode::kInternal;
}

RetryPolicy without_pauses(std::vector<int64_t>& pauses) {
  RetryPolicy policy;
  policy.pause = [&pauses](int64_t pause_ms) { pauses.push_back(pause_ms); };
  return policy;
}

TEST(HttpClient, SendsAndReceives) {
  ScriptedServer server({answer("200 OK", "hello", "X-Kind: Greeting\r\n"), answer("404 Not Found", "gone")});
  HttpClient client;
  const HttpResponse found = client.send({.method = "POST",
                                          .url = server.url("/a%20b?c=1"),
                                          .headers = {{"X-Asked", "yes"}},
                                          .body = std::string("two\0bytes", 9)});
  EXPECT_EQ(found.status, 200);
  EXPECT_EQ(found.body, "hello");
  EXPECT_EQ(found.header("x-kind"), "Greeting");
  EXPECT_EQ(found.header("x-other"), std::nullopt);
  EXPECT_EQ(client.send({.url = server.url("/none")}).status, 404);
  EXPECT_TRUE(server.requests()[0].starts_with("POST /a%20b?c=1 HTTP/1.1\r\n"));
  EXPECT_NE(server.requests()[0].find("\r\nX-Asked: yes\r\n"), std::string::npos);
  EXPECT_TRUE(server.requests()[0].ends_with(std::string("two\0bytes", 9)));
}

TEST(HttpClient, SendsAPartOfAFile) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / "http_client_part";
  std::ofstream(path) << "0123456789";
  ScriptedServer server({answer("200 OK", "")});
  HttpClient client;
  client.send({.method = "PUT", .url = server.url(), .body = FilePart{path, 3, 4}});
  EXPECT_TRUE(server.requests()[0].ends_with("\r\n\r\n3456")) << server.requests()[0];
  std::filesystem::remove(path);
}

TEST(HttpClient, HandsOutTheBodyAsItComes) {
  ScriptedServer server({answer("200 OK", "abc"), answer("500 No", "why"), answer("200 OK", "abc")});
  HttpClient client;
  std::string got;
  const HttpRequest request{.url = server.url(), .on_body = [&](std::string_view piece) { got += piece; }};
  EXPECT_EQ(client.send(request).body, "");
  EXPECT_EQ(got, "abc");
  EXPECT_EQ(client.send(request).body, "why");  // what went wrong is told, not taken for the body
  EXPECT_EQ(got, "abc");
  EXPECT_THROW(client.send({.url = server.url(),
                            .on_body = [](std::string_view) { throw Error(ErrorCode::kCorrupted, "no"); }}),
               Error);
}

TEST(HttpClient, SaysWhyThereIsNoAnswer) {
  uint16_t closed_port = 0;
  {
    const ScriptedServer gone({});
    closed_port = static_cast<uint16_t>(std::stoi(gone.url().substr(17)));
  }
  EXPECT_EQ(failure_code({.url = fmt::format("http://127.0.0.1:{}/", closed_port)}), ErrorCode::kUnavailable);
  EXPECT_EQ(failure_code({.url = "http://no-such-host.invalid/"}), ErrorCode::kUnavailable);
  ScriptedServer cut({"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", ""});
  EXPECT_EQ(failure_code({.url = cut.url()}), ErrorCode::kUnavailable);
  EXPECT_EQ(failure_code({.url = cut.url()}), ErrorCode::kUnavailable);
  HttpClient client;
  EXPECT_THROW(client.send({.url = "ftp://127.0.0.1/"}), Error);
}

TEST(Retry, StopsWhenTheServerIsNoLongerBusy) {
  ScriptedServer server(
      {answer("503 Busy", ""), "", answer("429 Slow", "", "Retry-After: 2\r\n"), answer("200 OK", "x")});
  HttpClient client;
  std::vector<int64_t> pauses;
  EXPECT_EQ(send_with_retries(client, {.url = server.url()}, without_pauses(pauses)).body, "x");
  ASSERT_EQ(pauses.size(), 3U);
  EXPECT_GE(pauses[2], 2000);
}

TEST(Retry, GivesUp) {
  ScriptedServer server({answer("503 Busy", "1"), answer("503 Busy", "2"), answer("400 Wrong", "")});
  HttpClient client;
  std::vector<int64_t> pauses;
  RetryPolicy policy = without_pauses(pauses);
  policy.attempt_count = 2;
  EXPECT_EQ(send_with_retries(client, {.url = server.url()}, policy).body, "2");
  EXPECT_EQ(send_with_retries(client, {.url = server.url()}, policy).status, 400);  // wrong, not busy
  EXPECT_EQ(pauses.size(), 1U);
}

TEST(Retry, DoesNothingTwiceThatMustNotBe) {
  ScriptedServer server({"", answer("200 OK", "second")});
  HttpClient client;
  std::vector<int64_t> pauses;
  RetryPolicy policy = without_pauses(pauses);
  policy.is_idempotent = false;
  EXPECT_THROW(send_with_retries(client, {.method = "POST", .url = server.url(), .body = "x"}, policy),
               Error);
  EXPECT_EQ(client.send({.url = server.url()}).body, "second");
}

TEST(Retry, SendsNothingTwiceOnAKeptConnectionThatBroke) {
  // curl itself would send the second request again when the connection kept from the first is closed.
  ScriptedServer server({answer("200 OK", "first", "Connection: keep-alive\r\n"), ""});
  HttpClient client;
  std::vector<int64_t> pauses;
  RetryPolicy policy = without_pauses(pauses);
  policy.is_idempotent = false;
  const HttpRequest request{.method = "POST", .url = server.url(), .body = "x"};
  EXPECT_EQ(send_with_retries(client, request, policy).body, "first");
  EXPECT_THROW(send_with_retries(client, request, policy), Error);
  EXPECT_EQ(server.requests().size(), 2U);
}

TEST(HttpClient, Encodes) {
  EXPECT_EQ(percent_encode("a b/+ü~"), "a%20b%2F%2B%C3%BC~");
  EXPECT_EQ(percent_encode("a b/c", true), "a%20b/c");
  EXPECT_EQ(basic_authorization("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  EXPECT_EQ(basic_authorization("a", "b"), "Basic YTpi");
}

}  // namespace
}  // namespace tidemill::net
