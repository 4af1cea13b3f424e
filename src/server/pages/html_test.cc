#include "server/pages/html.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace tidemill::server::pages {
namespace {

TEST(HtmlTest, TextIsEscapedWhereverItStands) {
  const std::string hostile = "<script>alert('x')</script> & \"";
  const Html made = element("p", {{"title", hostile}}, {hostile});
  EXPECT_EQ(made.text().find("<script"), std::string::npos);
  EXPECT_EQ(made.text(),
            "<p title=\"&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;\">"
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;</p>");
}

TEST(HtmlTest, AttributesMayBeAbsentOrBoolean) {
  EXPECT_EQ(element("input", {{"name", "a"}, {"checked", ""}, {"disabled", std::nullopt}}).text(),
            "<input name=\"a\" checked>");
  EXPECT_EQ(element("input", {{"value", ""}}).text(), "<input value=\"\">");
}

TEST(HtmlTest, LinksStayOnThisSite) {
  EXPECT_EQ(link("/dags", "DAGs").text(), "<a href=\"/dags\">DAGs</a>");
  EXPECT_THROW(link("//elsewhere", "x"), Error);
  EXPECT_THROW(link("javascript:alert(1)", "x"), Error);
}

TEST(HtmlTest, PartsAreJoined) {
  EXPECT_EQ(join({"a", element("b"), "c"}, ", ").text(), "a, <b></b>, c");
}

}  // namespace
}  // namespace tidemill::server::pages
