#include "base/secrets.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/error.h"

namespace tidemill {
namespace {

std::string hex(std::string_view bytes) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string text;
  for (const char c : bytes) {
    text += kHex[static_cast<unsigned char>(c) >> 4];
    text += kHex[c & 15];
  }
  return text;
}

TEST(Base64, IsThatOfRfc4648) {
  EXPECT_EQ(base64_encode("", Base64::kPadded), "");
  EXPECT_EQ(base64_encode("f", Base64::kPadded), "Zg==");
  EXPECT_EQ(base64_encode("fo", Base64::kPadded), "Zm8=");
  EXPECT_EQ(base64_encode("foobar", Base64::kPadded), "Zm9vYmFy");
  EXPECT_EQ(base64_encode("\xfb\xff\xfe", Base64::kPadded), "+//+");
  EXPECT_EQ(base64_encode("\xfb\xff", Base64::kUrl), "-_8");
  for (const Base64 alphabet : {Base64::kPadded, Base64::kUnpadded, Base64::kUrl}) {
    std::string bytes;
    for (int i = 0; i < 256; ++i) {
      EXPECT_EQ(base64_decode(base64_encode(bytes, alphabet), alphabet), bytes);
      bytes += static_cast<char>(i);
    }
  }
}

TEST(Base64, OneTextStandsForOneValueOnly) {
  for (const std::string_view text : {"Zg", "Zg=", "Zh==", "Z===", "Zg==Zg==", "Zm8=\n", "Zm-_"}) {
    EXPECT_EQ(base64_decode(text, Base64::kPadded), std::nullopt) << text;
  }
  EXPECT_EQ(base64_decode("Zg==", Base64::kUrl), std::nullopt);
  EXPECT_EQ(base64_decode("Z", Base64::kUrl), std::nullopt);
}

TEST(Secrets, HmacIsThatOfRfc4231) {
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha512("Jefe", "what do ya want for nothing?")),
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554"
            "9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737");
}

TEST(Secrets, ScryptIsThatOfRfc7914) {
  EXPECT_EQ(hex(scrypt("password", "NaCl", {.n = 1024, .block_size = 8, .parallel = 16}, 64)),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
            "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
  EXPECT_THROW(scrypt("password", "NaCl", {.n = 1000, .block_size = 8, .parallel = 1}, 32), Error);
}

TEST(Secrets, ComparesAndDraws) {
  EXPECT_TRUE(equal_in_constant_time("abc", "abc"));
  EXPECT_TRUE(equal_in_constant_time("", ""));
  EXPECT_FALSE(equal_in_constant_time("abc", "abd"));
  EXPECT_FALSE(equal_in_constant_time("abc", "ab"));
  EXPECT_EQ(random_bytes(1000).size(), 1000U);
  EXPECT_NE(random_bytes(16), random_bytes(16));
}

}  // namespace
}  // namespace tidemill
