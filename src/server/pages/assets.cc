// GET /static/<hash>/<name>: the hash is of the content, so that browsers keep a file for ever.

#include "server/pages/assets.h"

#include <map>

#include "base/digest.h"
#include "base/error.h"
#include "net/server/assets.h"
#include "server/pages/endpoints.h"
#include "server/pages/layout.h"

namespace tidemill::server::pages {
namespace {

std::string_view content_type_of(std::string_view name) {
  if (name.ends_with(".css")) return "text/css; charset=utf-8";
  if (name.ends_with(".js")) return "text/javascript; charset=utf-8";
  if (name.ends_with(".svg")) return "image/svg+xml";
  return "application/octet-stream";
}

// Hashes by name.
const std::map<std::string_view, std::string>& hashes() {
  static const std::map<std::string_view, std::string> kHashes = [] {
    std::map<std::string_view, std::string> made;
    for (const auto& [name, text] : ui_files()) made[name] = sha256_hex(text).substr(0, 16);
    return made;
  }();
  return kHashes;
}

net::Response get(Call& call) {
  const std::string& name = call.request.path_parameter("name");
  for (const auto& [file, text] : ui_files()) {
    if (file != name) continue;
    const std::string etag = '"' + hashes().at(file) + '"';
    const net::Asset asset{file, content_type_of(file), text, etag};
    return *net::serve_asset(call.request, std::span(&asset, 1), name, "public, max-age=31536000, immutable");
  }
  throw Error(ErrorCode::kNotFound, "there is no such file");
}

}  // namespace

std::string asset_path(std::string_view name) {
  const auto found = hashes().find(name);
  if (found == hashes().end()) throw Error(ErrorCode::kInternal, "ui/ has no " + std::string(name));
  return "/static/" + found->second + "/" + std::string(name);
}

std::vector<Endpoint> asset_endpoints() {
  return {{"GET", "/static/{hash}/{name}", get, Access::kAnyone}};
}

}  // namespace tidemill::server::pages
