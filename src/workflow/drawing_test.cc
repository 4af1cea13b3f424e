#include "workflow/drawing.h"

#include <gtest/gtest.h>

#include "workflow/testing/world.h"

namespace tidemill::workflow {
namespace {

using testing::dag;
using testing::task;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(Drawing, FilesBringTheirStyleAndPagesDoNot) {
  const Dag one = dag("d", {task("a"), task("b", {"a"})});
  const std::string file = draw_svg(one, {{"a", "success"}});
  EXPECT_TRUE(has(file, "<style>") && has(file, "role=\"img\"") && has(file, "class=\"task success\""));
  const std::string page = draw_svg_for_page(one, {{"a", "success"}}, [](const Task&) { return ""; });
  EXPECT_FALSE(has(page, "style")) << page;
  EXPECT_FALSE(has(page, "<a ")) << page;
  EXPECT_TRUE(has(page, "class=\"task none\""));
  EXPECT_TRUE(has(page, ">success</text>"));
}

TEST(Drawing, BoxesLeadOnAndNothingOfThemIsRun) {
  const Dag one = dag("d", {task("<b>")});
  const std::string page =
      draw_svg_for_page(one, {{"<b>", "\"><script>"}}, [](const Task& task) { return "/x?\"" + task.id; });
  EXPECT_TRUE(has(page, "<a href=\"/x?&quot;&lt;b&gt;\">")) << page;
  EXPECT_FALSE(has(page, "<script") || has(page, "<b>")) << page;
}

}  // namespace
}  // namespace tidemill::workflow
