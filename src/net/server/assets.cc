#include "net/server/assets.h"

#include "net/server/http_grammar.h"

namespace tidemill::net {

bool etag_matches(const Request& request, std::string_view etag) {
  std::string_view list = request.header("If-None-Match").value_or("");
  while (!list.empty()) {
    const size_t end = std::min(list.find(','), list.size());
    std::string_view one = trim_blanks(list.substr(0, end));
    list.remove_prefix(std::min(end + 1, list.size()));
    if (one.starts_with("W/")) one.remove_prefix(2);
    if (one == "*" || one == etag) return true;
  }
  return false;
}

std::optional<Response> serve_asset(const Request& request, std::span<const Asset> assets,
                                    std::string_view path, std::string_view cache_control) {
  for (const Asset& asset : assets) {
    if (asset.path != path) continue;
    Response response = etag_matches(request, asset.etag)
                            ? Response(304)
                            : Response::bytes(std::string(asset.bytes), std::string(asset.content_type));
    response.set_header("ETag", std::string(asset.etag));
    response.set_header("Cache-Control", std::string(cache_control));
    return response;
  }
  return std::nullopt;
}

}  // namespace tidemill::net
