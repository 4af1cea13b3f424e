// The public headers of the server, before what is behind them: they compile by themselves.
#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/secrets.h"
#include "net/auth/basic_auth.h"
#include "net/auth/json_web_token.h"
#include "net/auth/password_hash.h"
#include "net/auth/random_token.h"
#include "net/server/assets.h"
#include "net/server/cookies.h"
#include "net/server/host_check.h"
#include "net/server/http_server.h"
#include "net/server/request_body.h"
#include "net/server/url_text.h"

namespace tidemill::net {

TEST(ServerContract, ListensOnThisMachineOnlyUnlessTold) {
  EXPECT_EQ(ServerOptions{}.address, "127.0.0.1");
}

}  // namespace tidemill::net
