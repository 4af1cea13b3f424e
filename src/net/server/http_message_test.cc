#include "net/server/http_message.h"

#include <fstream>

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/json.h"
#include "net/server/assets.h"
#include "net/server/cookies.h"
#include "net/server/host_check.h"
#include "net/server/request_body.h"
#include "net/server/response_text.h"
#include "net/server/url_text.h"

namespace tidemill::net {
namespace {

using namespace std::string_literals;

TEST(UrlText, DecodesWhatIsWellFormed) {
  EXPECT_EQ(percent_decode("a%20b+c%2f%C3%BC"), "a b+c/ü");
  EXPECT_EQ(percent_decode("a+b", PlusSign::kIsSpace), "a b");
  EXPECT_EQ(percent_decode("%00"), "\0"s);
  for (const char* text : {"%", "%4", "a%", "%zz", "%4g", "% 41", "%-1"}) {
    EXPECT_EQ(percent_decode(text), std::nullopt) << text;
  }
  EXPECT_EQ(parse_urlencoded("a=1&b=x+y%26&a&&=z&c=d=e"),
            (NamedValues{{"a", "1"}, {"b", "x y&"}, {"a", ""}, {"", "z"}, {"c", "d=e"}}));
  EXPECT_EQ(parse_urlencoded("a=%"), std::nullopt);
}

TEST(UrlText, PathsStayInTheirFolder) {
  EXPECT_EQ(safe_relative_path("a/b.txt"), std::filesystem::path("a/b.txt"));
  EXPECT_EQ(safe_relative_path("..a/b.."), std::filesystem::path("..a/b.."));
  for (const std::string& path :
       {""s, "/etc/passwd"s, "../x"s, "a/../../x"s, "a/.."s, "."s, "a//b"s, "a/"s, "a\\..\\b"s, "a\0b"s}) {
    EXPECT_EQ(safe_relative_path(path), std::nullopt) << path;
  }
}

TEST(Cookies, AreReadAndWritten) {
  EXPECT_EQ(parse_cookies("a=1; b=\"two\";c = 3 ;lonely; =x"),
            (NamedValues{{"a", "1"}, {"b", "two"}, {"c", "3"}}));
  Request request;
  request.headers.add("cookie", "session=abc; other=x");
  EXPECT_EQ(request.cookie("session"), "abc");
  EXPECT_EQ(request.cookie("sess"), std::nullopt);
  EXPECT_EQ(format_set_cookie("s", "v"), "s=v; Path=/; HttpOnly; SameSite=Lax");
  EXPECT_EQ(format_set_cookie("s", "", {.max_age_s = 0, .secure = true, .same_site = SameSite::kNone}),
            "s=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=None");
  EXPECT_THROW(format_set_cookie("s", "a;b"), Error);
  EXPECT_THROW(format_set_cookie("s", "a\r\nX: y"), Error);
  EXPECT_THROW(format_set_cookie("s s", "a"), Error);
  EXPECT_THROW(format_set_cookie("s", "a", {.same_site = SameSite::kNone}), Error);
}

TEST(RequestBody, FormsAndJson) {
  Request request;
  request.headers.add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.body = "user=ann&password=a%2Bb+c";
  EXPECT_EQ(parse_form_body(request), (NamedValues{{"user", "ann"}, {"password", "a+b c"}}));
  EXPECT_THROW(parse_json_body(request), Error);
  request.body = R"({"a": [1, {"b": null}]})";
  EXPECT_EQ(parse_json_body(request)["a"][0], 1);
  EXPECT_EQ(parse_json_body(request, 3)["a"][0], 1);
  EXPECT_THROW(parse_json_body(request, 2), Error);
  request.body = std::string(100'000, '[');
  EXPECT_THROW(parse_json_body(request), Error);
  request.body = "";
  EXPECT_THROW(parse_json_body(request), Error);
  EXPECT_THROW(parse_form_body(Request{}), Error);
}

TEST(Response, NothingIsInjectedIntoHeaders) {
  EXPECT_THROW(Response::redirect("/x\r\nSet-Cookie: a=b"), Error);
  EXPECT_THROW(Response::text("x").set_header("X-A", "a\nb"), Error);
  EXPECT_THROW(Response::text("x").set_header("X A", "a"), Error);
  EXPECT_THROW(Response::text("x").set_header("X-A", "a\0b"s), Error);
  EXPECT_THROW(Response::text("x").set_header("content-length", "1"), Error);
  EXPECT_THROW(Response::bytes("x", "text/x\r\n\r\n"), Error);
  EXPECT_THROW(Response(99), Error);
  const Response response =
      Response::text("x").set_header("X-A", "1").set_header("x-a", "2").add_header("X-A", "3");
  EXPECT_EQ(response.headers().size(), 3U);
  EXPECT_EQ(response.headers().find("X-a"), "2");
}

TEST(Response, FilesAreReadInBlocks) {
  const auto path = std::filesystem::temp_directory_path() / "tidemill_response_file";
  const std::string content(300'000, 'x');
  std::ofstream(path) << content;
  Response response = Response::file(path, "text/plain");
  std::filesystem::remove(path);
  auto& source = std::get<BlockSource>(response.body());
  EXPECT_EQ(source.size_bytes, content.size());
  std::string read;
  while (const auto block = source.next()) read += *block;
  EXPECT_EQ(read, content);
  EXPECT_THROW(Response::file(path, "text/plain"), Error);
  EXPECT_THROW(Response::file("/tmp", "text/plain"), Error);
}

TEST(Response, HeadIsWrittenWithDefaults) {
  std::string text;
  append_response_head(text, Response::no_content().set_header("X-Frame-Options", "SAMEORIGIN"),
                       {.framing = Framing::kNone, .date = format_http_date(784111777)},
                       {{"x-frame-options", "DENY"}, {"X-Content-Type-Options", "nosniff"}});
  EXPECT_EQ(
      text,
      "HTTP/1.1 204 No Content\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-Frame-Options: SAMEORIGIN\r\n"
      "X-Content-Type-Options: nosniff\r\n\r\n");
}

TEST(Assets, AreServedOnce) {
  const Asset assets[] = {{"app.css", "text/css", "body{}", "\"e1\""}};
  Request request;
  const auto fresh = serve_asset(request, assets, "app.css", "no-cache");
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->status(), 200);
  EXPECT_EQ(std::get<std::string>(fresh->body()), "body{}");
  EXPECT_EQ(fresh->headers().find("ETag"), "\"e1\"");
  request.headers.add("If-None-Match", "\"e0\", W/\"e1\"");
  EXPECT_EQ(serve_asset(request, assets, "app.css", "no-cache")->status(), 304);
  EXPECT_FALSE(serve_asset(request, assets, "other", "no-cache"));
}

TEST(HostCheck, OnlyThisMachinesNames) {
  const std::string allowed[] = {"tidemill.example.org"};
  const auto expected = [&](const std::string& host) {
    Request request;
    request.headers.add("Host", host);
    return is_expected_host(request, allowed);
  };
  for (const char* host : {"localhost", "LocalHost:8080", "127.0.0.1:1", "127.1.2.3", "[::1]:8080", "[::1]",
                           "tidemill.example.org:443"}) {
    EXPECT_TRUE(expected(host)) << host;
  }
  for (const char* host : {"", "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "10.0.0.1",
                           "localhost:80@evil.example", "2130706433", "[::2]:80"}) {
    EXPECT_FALSE(expected(host)) << host;
  }
  EXPECT_FALSE(is_expected_host(Request{}));
}

TEST(ServerSentEvent, IsFramed) {
  EXPECT_EQ(server_sent_event("a\nb\r\nc\rd", "log", "7"),
            "id: 7\nevent: log\ndata: a\ndata: b\ndata: c\ndata: d\n\n");
  EXPECT_EQ(server_sent_event(""), "data: \n\n");
  EXPECT_THROW(server_sent_event("x", "a\ndata: y"), Error);
}

}  // namespace
}  // namespace tidemill::net
