#include <functional>

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/error.h"
#include "base/json.h"
#include "base/secrets.h"
#include "net/auth/basic_auth.h"
#include "net/auth/json_web_token.h"
#include "net/auth/password_hash.h"
#include "net/auth/random_token.h"

namespace tidemill::net {
namespace {

ErrorCode code_of(const std::function<void()>& work) {
  try {
    work();
  } catch (const Error& error) {
    return error.code();
  }
  ADD_FAILURE() << "nothing was thrown";
  return ErrorCode::kInternal;
}

TEST(BasicAuth, ReadsUserAndPassword) {
  const auto both = parse_basic_authorization("basic  " + base64_encode("ann:a:b", Base64::kPadded));
  ASSERT_TRUE(both);
  EXPECT_EQ(both->user, "ann");
  EXPECT_EQ(both->password, "a:b");
  for (const std::string header : {"", "Basic", "Basic ", "Basic !!!!", "Basic YW5u", "Bearer YW5uOmE="}) {
    EXPECT_FALSE(parse_basic_authorization(header)) << header;
  }
  EXPECT_EQ(parse_bearer_authorization("Bearer a.b.c"), "a.b.c");
  EXPECT_EQ(parse_bearer_authorization("Bearer a b"), std::nullopt);
  EXPECT_EQ(parse_bearer_authorization("Basic a"), std::nullopt);
}

TEST(JsonWebToken, IsThatOfRfc7515) {
  // The example of RFC 7515, A.1, with the line breaks that its JSON has.
  const auto key = base64_decode(
      "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow", Base64::kUrl);
  const std::string token =
      "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
      "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
  TokenRules rules{.algorithm = TokenAlgorithm::kHs256, .now_s = 1300819379, .issuer = "joe"};
  EXPECT_EQ(verify_token(token, *key, rules)["iss"], "joe");
  rules.now_s = 1300819380 + 11;
  EXPECT_EQ(code_of([&] { verify_token(token, *key, rules); }), ErrorCode::kPermissionDenied);
}

TEST(JsonWebToken, TakesItsOwnAndRefusesAllElse) {
  const TokenRules rules{.now_s = 1000, .audience = "api"};
  const Json claims = {{"sub", "ann"}, {"exp", 2000}, {"aud", Json::array({"web", "api"})}};
  const std::string token = sign_token(claims, "secret", TokenAlgorithm::kHs512);
  EXPECT_EQ(verify_token(token, "secret", rules), claims);
  const auto refused = [&](const std::string& text, const std::string& secret, const TokenRules& other) {
    return code_of([&] { verify_token(text, secret, other); }) == ErrorCode::kPermissionDenied;
  };
  EXPECT_TRUE(refused(token, "Secret", rules));
  for (size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    EXPECT_TRUE(refused(changed, "secret", rules)) << i;
    EXPECT_TRUE(refused(token.substr(0, i), "secret", rules)) << i;
  }
  const std::string none = base64_encode(R"({"alg":"none"})", Base64::kUrl) + "." +
                           base64_encode(claims.dump(), Base64::kUrl) + ".";
  EXPECT_TRUE(refused(none, "secret", rules));
  EXPECT_TRUE(refused(sign_token(claims, "secret", TokenAlgorithm::kHs256), "secret", rules));
  const auto with = [&](const char* name, const Json& value) {
    Json changed = claims;
    changed[name] = value;
    return sign_token(changed, "secret", TokenAlgorithm::kHs512);
  };
  EXPECT_TRUE(refused(with("exp", 989), "secret", rules));
  EXPECT_FALSE(verify_token(with("exp", 991), "secret", rules).empty()) << "the clocks may differ";
  EXPECT_TRUE(refused(with("exp", "soon"), "secret", rules));
  EXPECT_TRUE(refused(with("nbf", 1011), "secret", rules));
  EXPECT_TRUE(refused(with("aud", "web"), "secret", rules));
  EXPECT_TRUE(refused(sign_token({{"aud", "api"}}, "secret", TokenAlgorithm::kHs512), "secret", rules));
  EXPECT_EQ(code_of([&] { sign_token(claims, "", TokenAlgorithm::kHs512); }), ErrorCode::kInvalidArgument);
}

TEST(PasswordHash, KnowsThePasswordAndNoOther) {
  const PasswordCost cheap{.log2_n = 4};
  const std::string stored = hash_password("påss", cheap);
  EXPECT_TRUE(stored.starts_with("$scrypt$ln=4,r=8,p=1$")) << stored;
  EXPECT_TRUE(is_password("påss", stored));
  EXPECT_FALSE(is_password("pass", stored));
  EXPECT_FALSE(is_password("", stored));
  EXPECT_NE(hash_password("påss", cheap), stored) << "a salt of its own";
  EXPECT_EQ(code_of([&] { hash_password("x", {.log2_n = 40}); }), ErrorCode::kInvalidArgument);
}

TEST(PasswordHash, RefusesWhatIsNoHash) {
  for (const std::string stored :
       {"", "plain", "$scrypt$", "$scrypt$ln=4,r=8,p=1$AAAA$",
        "$scrypt$ln=60,r=8,p=1$AAAA$AAAAAAAAAAAAAAAAAAAAAA", "$scrypt$ln=4,r=8$AAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=1,t=1,p=1$AAAA$AAAA"}) {
    EXPECT_EQ(code_of([&] { is_password("", stored); }), ErrorCode::kCorrupted) << stored;
  }
}

TEST(RandomToken, IsLongAndNew) {
  EXPECT_EQ(random_token().size(), 43U);
  EXPECT_NE(random_token(), random_token());
}

}  // namespace
}  // namespace tidemill::net
