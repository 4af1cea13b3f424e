#pragma once
// Against DNS rebinding: a page of another site whose name leads to this machine sends that site's name as
// Host.

#include <span>
#include <string>

#include "net/server/http_message.h"

namespace tidemill::net {

// Of an IP address: 127.0.0.0/8, or ::1.
bool is_loopback(const std::string& address);

// True when Host (without its port) is localhost, an address of the loopback network (127.0.0.0/8, [::1]) or
// one of `allowed` ("tidemill.example.org", in lower case). For servers bound to a loopback address.
bool is_expected_host(const Request& request, std::span<const std::string> allowed = {});

}  // namespace tidemill::net
