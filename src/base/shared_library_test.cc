#include "base/shared_library.h"

#include <gtest/gtest.h>

#include "base/error.h"

namespace tidemill {
namespace {

TEST(SharedLibrary, SaysWhereItLookedForAMissingOne) {
  try {
    const SharedLibrary library("libnowhere.so.9", "to compute predictions");
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), ErrorCode::kNotFound);
    EXPECT_TRUE(
        e.message().starts_with("cannot find the library libnowhere.so.9 to compute predictions (looked in "))
        << e.message();
    EXPECT_NE(e.message().find("/lib"), std::string::npos);
  }
}

TEST(SharedLibrary, SaysWhenAFunctionIsMissing) {
  const SharedLibrary library("libonnxruntime.so.1.22.1", "to test");
  EXPECT_NE(library.function<void()>("OrtGetApiBase"), nullptr);
  EXPECT_THROW(library.function<void()>("OrtNoSuchFunction"), Error);
}

}  // namespace
}  // namespace tidemill
