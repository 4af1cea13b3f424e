#include "server/pages/histogram.h"

#include <gtest/gtest.h>

namespace tidemill::server::pages {
namespace {

bool has(const Html& html, std::string_view part) {
  return html.text().find(part) != std::string::npos;
}

TEST(Histogram, IsDrawnAndSaid) {
  const Html view = histogram_view({"age", {{"18 to 20", 3}, {"20 to 22", 0}, {"22 to 24", 1500}}});
  EXPECT_TRUE(has(view,
                  "role=\"img\" aria-label=\"Histogram of age: 3 bins, the fullest is 22 to 24 with 1,500 "
                  "values\""));
  EXPECT_TRUE(has(view, ">18 to 20</t"));
  EXPECT_TRUE(has(view, "1,500</td>"));
  EXPECT_FALSE(has(view, "style"));
  // The empty bin is not drawn, the small one is.
  EXPECT_TRUE(has(view, "d=\"M1.0 56v-1.5h78.0V56zM161.0 56v-56.0h78.0V56z\""));
}

TEST(Histogram, NamesStayText) {
  const Html view = histogram_view({"\"><script>", {{"<b>", 1}}});
  EXPECT_FALSE(has(view, "<script>"));
  EXPECT_FALSE(has(view, "<b>"));
}

TEST(Histogram, OfNothingIsNothing) {
  EXPECT_TRUE(histogram_view({"age", {}}).empty());
}

}  // namespace
}  // namespace tidemill::server::pages
