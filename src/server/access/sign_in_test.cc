#include "server/access/sign_in.h"

#include <string>

#include <gtest/gtest.h>

#include "base/error.h"
#include "metadata/migrate.h"
#include "server/access/base_url.h"

namespace tidemill::server {
namespace {

constexpr int64_t kNowMs = 1'800'000'000'000;

net::Request from(const std::string& address) {
  net::Request made;
  made.remote_address = address;
  return made;
}

class SignInTest : public ::testing::Test {
 protected:
  SignInTest() : database_(metadata::open_database("sqlite::memory:", ".")) {
    metadata::migrate(*database_, metadata::project_migrations());
  }

  static net::Request request(const std::string& header, const std::string& value) {
    net::Request made;
    made.headers.add(header, value);
    return made;
  }
  // The request that a browser sends with the cookie it was given.
  net::Request with_cookie() const {
    const std::string cookie = sign_in_.sign_in_cookie("admin", false);
    return request("Cookie", cookie.substr(0, cookie.find(';')));
  }

  std::unique_ptr<metadata::Database> database_;
  FakeClock clock_{kNowMs};
  SignIn sign_in_{"a secret of thirty-two characters", std::nullopt, clock_};
};

TEST_F(SignInTest, TheFirstPasswordIsRandomAndGivenOnce) {
  const auto password = ensure_admin(*database_, kNowMs);
  ASSERT_TRUE(password);
  EXPECT_EQ(ensure_admin(*database_, kNowMs), std::nullopt);
  EXPECT_TRUE(sign_in_.is_password(*database_, "admin", *password, from("192.0.2.1")));
  EXPECT_FALSE(sign_in_.is_password(*database_, "admin", *password + "x", from("192.0.2.1")));
  EXPECT_FALSE(sign_in_.is_password(*database_, "root", *password, from("192.0.2.1")));
}

TEST_F(SignInTest, AGivenPasswordGoesBeforeTheStoredOne) {
  const auto stored = ensure_admin(*database_, kNowMs);
  SignIn sign_in("a secret", "given", clock_);
  EXPECT_TRUE(sign_in.is_password(*database_, "admin", "given", from("192.0.2.1")));
  EXPECT_FALSE(sign_in.is_password(*database_, "admin", *stored, from("192.0.2.1")));
}

TEST_F(SignInTest, WhoGuessesIsRefusedForAMinuteAndNobodyElse) {
  SignIn sign_in("a secret", "given", clock_);
  for (int i = 0; i < 20; ++i)
    EXPECT_FALSE(sign_in.is_password(*database_, "admin", "wrong", from("192.0.2.1")));
  EXPECT_THROW(sign_in.is_password(*database_, "admin", "given", from("192.0.2.1")), TooManyAttempts);
  EXPECT_TRUE(sign_in.is_password(*database_, "admin", "given", from("192.0.2.2")));
  clock_.advance_ms(60'000);
  EXPECT_TRUE(sign_in.is_password(*database_, "admin", "given", from("192.0.2.1")));
}

TEST_F(SignInTest, BehindAProxyItsWordCounts) {
  SignIn sign_in("a secret", "given", clock_, /*is_behind_proxy=*/true);
  const auto by_proxy = [](const std::string& addresses) {
    net::Request made = from("127.0.0.1");
    made.headers.add("X-Forwarded-For", "192.0.2.7");  // the client's own
    made.headers.add("X-Forwarded-For", addresses);
    return made;
  };
  for (int i = 0; i < 20; ++i) {
    const std::string invented = std::to_string(i) + ".0.0.1, 192.0.2.1";
    EXPECT_FALSE(sign_in.is_password(*database_, "admin", "wrong", by_proxy(invented)));
  }
  EXPECT_THROW(sign_in.is_password(*database_, "admin", "given", by_proxy("192.0.2.1")), TooManyAttempts);
  EXPECT_TRUE(sign_in.is_password(*database_, "admin", "given", by_proxy("192.0.2.2")));
  net::Request direct = by_proxy("192.0.2.1");
  direct.remote_address = "192.0.2.9";  // of another machine: nobody's word counts
  EXPECT_TRUE(sign_in.is_password(*database_, "admin", "given", direct));
}

TEST(FailedAttempts, BeyondTenThousandAddressesCountAsOne) {
  FailedAttempts attempts;
  for (int i = 0; i < 10'000; ++i) attempts.add(std::to_string(i), kNowMs);
  for (int i = 0; i < FailedAttempts::kMaxPerMinute; ++i) attempts.add("x" + std::to_string(i), kNowMs);
  EXPECT_TRUE(attempts.are_too_many("y", kNowMs));
  EXPECT_FALSE(attempts.are_too_many("1", kNowMs));
  attempts.add("z", kNowMs + 60'000);
  EXPECT_FALSE(attempts.are_too_many("y", kNowMs + 60'000));
}

TEST_F(SignInTest, ASessionThatWasSignedOutIsOver) {
  const net::Request asked = with_cookie();
  EXPECT_TRUE(sign_in_.has_signed_in(asked));
  sign_in_.revoke(asked);
  EXPECT_FALSE(sign_in_.has_signed_in(asked));
  EXPECT_TRUE(sign_in_.has_signed_in(with_cookie()));
  sign_in_.revoke(net::Request());
  EXPECT_NO_THROW(sign_in_.revoke(asked));
}

TEST_F(SignInTest, ServersOfOneMachineHaveCookiesOfTheirOwn) {
  const SignIn other("another secret of thirty-two char", std::nullopt, clock_);
  const auto name_of = [](const std::string& cookie) { return cookie.substr(0, cookie.find('=')); };
  EXPECT_NE(name_of(sign_in_.sign_in_cookie("admin", false)), name_of(other.sign_in_cookie("admin", false)));
}

TEST(BaseUrl, IsASchemeAndAHost) {
  const BaseUrl base = parse_base_url("https://Tidemill.example.org:8443/");
  EXPECT_TRUE(base.is_https);
  EXPECT_EQ(base.host, "tidemill.example.org");
  EXPECT_EQ(parse_base_url("http://[2001:db8::1]:80").host, "[2001:db8::1]");
  for (const char* wrong :
       {"", "tidemill.example.org", "https://", "https://:80", "https://a:x", "ftp://a", "https://a/b"}) {
    EXPECT_THROW(parse_base_url(wrong), Error) << wrong;
  }
}

TEST_F(SignInTest, ATokenSaysWhoAsksUntilItRunsOut) {
  const net::Request asked = request("Authorization", "Bearer " + sign_in_.issue_token("admin", 60));
  EXPECT_EQ(sign_in_.identify(asked).user, "admin");
  EXPECT_EQ(sign_in_.identify(asked).csrf_token, "");
  clock_.advance_ms(80'000);
  EXPECT_THROW(sign_in_.identify(asked), Error);
  EXPECT_EQ(sign_in_.identify(net::Request()).user, "");
}

TEST_F(SignInTest, ATokenOfAnotherServerIsRefused) {
  const SignIn other("another secret of thirty-two char", std::nullopt, clock_);
  const std::string token = other.issue_token("admin", 60);
  EXPECT_THROW(sign_in_.identify(request("Authorization", "Bearer " + token)), Error);
  const std::string cookie = sign_in_.sign_out_cookie(false);
  EXPECT_EQ(sign_in_.identify(request("Cookie", cookie.substr(0, cookie.find('=') + 1) + token)).user, "");
}

TEST_F(SignInTest, AnotherPasswordEndsWhatTheOneBeforeHasOpened) {
  const std::string token = SignIn("a secret", "before", clock_).issue_token("admin", 60);
  const SignIn now("a secret", "now", clock_);
  EXPECT_THROW(now.identify(request("Authorization", "Bearer " + token)), Error);
}

TEST_F(SignInTest, ACookieChangesNothingWithoutItsFormToken) {
  net::Request asked = with_cookie();
  const Identity identity = sign_in_.identify(asked);
  EXPECT_EQ(identity.user, "admin");
  EXPECT_THROW(check_same_site(asked, identity), Error);
  asked.body = "a=1&csrf_token=" + identity.csrf_token;
  EXPECT_NO_THROW(check_same_site(asked, identity));
  asked.headers.add("Sec-Fetch-Site", "cross-site");
  EXPECT_THROW(check_same_site(asked, identity), Error);
}

TEST_F(SignInTest, TheCookieIsOutOfReachOfScriptsAndOtherSites) {
  const std::string cookie = sign_in_.sign_in_cookie("admin", true);
  for (const char* flag : {"HttpOnly", "SameSite=Lax", "Secure", "Path=/"}) {
    EXPECT_NE(cookie.find(flag), std::string::npos) << flag;
  }
  EXPECT_NE(sign_in_.sign_out_cookie(false).find("Max-Age=0"), std::string::npos);
}

}  // namespace
}  // namespace tidemill::server
