#include "net/server/router.h"

#include <gtest/gtest.h>

#include "base/error.h"
#include "base/text.h"

namespace tidemill::net {
namespace {

Route route(const std::string& method, const std::string& pattern) {
  return {method, pattern, [pattern](const Request&) { return Response::text(pattern); }};
}

// "PATTERN name=value ..." of what answers, or "-".
std::string found(const Router& router, std::string_view method, std::string_view path) {
  const auto match = router.match(method, path);
  if (!match) return "-";
  std::string text = match->route->pattern;
  for (const auto& [name, value] : match->parameters) text += " " + name + "=" + value;
  return text;
}

TEST(Router, DecodesParametersAfterTheSplit) {
  const Router router({route("GET", "/api/v2/dags/{dag_id}/dagRuns/{run_id}")});
  EXPECT_EQ(found(router, "GET", "/api/v2/dags/a%2Fb/dagRuns/scheduled__2026-11-01T00%3A00%3A00%2B00%3A00"),
            "/api/v2/dags/{dag_id}/dagRuns/{run_id} dag_id=a/b run_id=scheduled__2026-11-01T00:00:00+00:00");
  EXPECT_EQ(found(router, "GET", "/api/v2/dags/a+b/dagRuns/~"),
            "/api/v2/dags/{dag_id}/dagRuns/{run_id} dag_id=a+b run_id=~");
  EXPECT_EQ(found(router, "GET", "/api/v2/d%61gs/x/dagRuns/y"),
            "/api/v2/dags/{dag_id}/dagRuns/{run_id} dag_id=x run_id=y");
  EXPECT_EQ(found(router, "GET", "/api/v2/dags/a/b/dagRuns/y"), "-");
  EXPECT_EQ(found(router, "GET", "/api/v2/dags//dagRuns/y"), "-") << "a parameter is not empty";
  EXPECT_EQ(found(router, "GET", "/api/v2/dags/x/dagRuns/y/"), "-");
  EXPECT_EQ(found(router, "GET", "/api%2Fv2/dags/x/dagRuns/y"), "-");
}

TEST(Router, TextGoesBeforeParametersWhereItHasTheMethod) {
  const Router router({route("GET", "/runs/{id}"), route("DELETE", "/runs/{id}"), route("POST", "/runs/list"),
                       route("GET", "/runs/list/all"), route("GET", "/runs/{id}/log"),
                       route("GET", "/runs/{rest...}"), route("GET", "/")});
  EXPECT_EQ(found(router, "POST", "/runs/list"), "/runs/list");
  EXPECT_EQ(found(router, "GET", "/runs/list"), "/runs/{id} id=list");
  EXPECT_EQ(found(router, "GET", "/runs/list/log"), "/runs/{id}/log id=list");
  EXPECT_EQ(found(router, "GET", "/runs/list/all"), "/runs/list/all");
  EXPECT_EQ(found(router, "GET", "/runs/list/else"), "/runs/{rest...} rest=list/else");
  EXPECT_EQ(found(router, "GET", "/runs/"), "/runs/{rest...} rest=");
  EXPECT_EQ(found(router, "GET", "/runs"), "-");
  EXPECT_EQ(found(router, "GET", "/"), "/");
  EXPECT_EQ(found(router, "HEAD", "/runs/7"), "/runs/{id} id=7");
  EXPECT_EQ(found(router, "PATCH", "/runs/7"), "-");
  EXPECT_EQ(join(router.allowed_methods("/runs/list")), "DELETE, GET, HEAD, OPTIONS, POST");
  EXPECT_EQ(join(router.allowed_methods("/nothing")), "");
}

TEST(Router, RefusesRoutesThatCollide) {
  Router router({route("GET", "/a/{x}/b"), route("GET", "/t/{x...}")});
  router.add(route("POST", "/a/{y}/b"));
  for (const char* pattern : {"/a/{y}/b", "/t/{all...}"}) {
    try {
      router.add(route("GET", pattern));
      ADD_FAILURE() << pattern;
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::kAlreadyExists);
      EXPECT_NE(error.message().find(pattern), std::string::npos) << error.message();
    }
  }
}

TEST(Router, RefusesPatternsThatAreNone) {
  for (const char* pattern :
       {"", "a", "/a{x}", "/{x}b", "/{}", "/{...}", "/{x...}/b", "/{x}/{x}", "/{x", "/x}"}) {
    Router router;
    EXPECT_THROW(router.add(route("GET", pattern)), Error) << pattern;
  }
  Router router;
  EXPECT_THROW(router.add(route("", "/a")), Error);
  EXPECT_THROW(router.add(Route{"GET", "/a", {}}), Error);
}

TEST(Router, ManyRoutesAndLongPaths) {
  Router router;
  for (int i = 0; i < 2000; ++i) router.add(route("GET", "/r" + std::to_string(i) + "/{a}/{b}"));
  EXPECT_EQ(found(router, "GET", "/r1234/x/y"), "/r1234/{a}/{b} a=x b=y");
  EXPECT_EQ(router.routes().size(), 2000U);
  std::string path;
  for (int i = 0; i < 20'000; ++i) path += "/a";
  EXPECT_EQ(found(router, "GET", path), "-");
}

}  // namespace
}  // namespace tidemill::net
