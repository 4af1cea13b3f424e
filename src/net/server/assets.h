#pragma once
// Files that are inside the program: pages, styles, scripts.

#include <span>
#include <string>
#include <string_view>

#include "net/server/http_message.h"

namespace tidemill::net {

struct Asset {
  std::string_view path;  // "app.css"
  std::string_view content_type;
  std::string_view bytes;
  std::string_view etag;  // with its quotes: "\"3f2a\""
};

// The asset of that path, 304 when the request's If-None-Match has its etag, or nullopt. `cache_control` such
// as "public, max-age=31536000, immutable" for paths that change with their content, "no-cache" for others.
// Cost: a pass over `assets` and a copy of the bytes.
std::optional<Response> serve_asset(const Request& request, std::span<const Asset> assets,
                                    std::string_view path, std::string_view cache_control);

// True when If-None-Match names the etag (or *), weak or not.
bool etag_matches(const Request& request, std::string_view etag);

}  // namespace tidemill::net
