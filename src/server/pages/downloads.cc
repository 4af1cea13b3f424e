#include "server/pages/downloads.h"

#include <array>
#include <cctype>
#include <filesystem>

#include <fmt/format.h>

#include "base/error.h"
#include "base/id.h"

namespace tidemill::server::pages {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<std::string_view, const char*>, 4> kPictures = {
    {{".svg", "image/svg+xml"}, {".png", "image/png"}, {".jpg", "image/jpeg"}, {".webp", "image/webp"}}};

net::Response bytes_of(Call& call, const storage::ObjectStore& store, const std::string& key,
                       const std::string& content_type) {
  if (!store.head(key)) throw Error(ErrorCode::kNotFound, fmt::format("there is no object {}", key));
  const std::string uri = store.engine_uri(key);
  if (uri.starts_with('/')) return net::Response::file(uri, content_type);
  const fs::path dir = call.project.project_dir() / ".tidemill" / "scratch" / ("download-" + new_id());
  std::error_code ignored;  // what cannot be removed now is swept later
  try {
    // Opened here, so that it can be read until it is sent.
    net::Response response = net::Response::file(store.local_file(key, dir), content_type);
    fs::remove_all(dir, ignored);
    return response;
  } catch (...) {
    fs::remove_all(dir, ignored);
    throw;
  }
}

}  // namespace

std::string safe_name(const std::string& name) {
  std::string safe;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    safe += byte < 0x80U && (std::isalnum(byte) != 0 || c == '.' || c == '-' || c == '_') ? c : '_';
  }
  return safe.empty() ? "file" : safe;
}

net::Response download(Call& call, const storage::ObjectStore& store, const std::string& key,
                       const std::string& file_name) {
  return bytes_of(call, store, key, "application/octet-stream")
      .set_header("Content-Disposition", fmt::format("attachment; filename=\"{}\"", safe_name(file_name)));
}

std::string picture_type(const std::string& name) {
  for (const auto& [ending, type] : kPictures) {
    if (name.ends_with(ending)) return type;
  }
  return "";
}

net::Response picture(Call& call, const storage::ObjectStore& store, const std::string& key) {
  const std::string type = picture_type(key);
  if (type.empty()) throw Error(ErrorCode::kNotFound, fmt::format("{} is no picture", key));
  return bytes_of(call, store, key, type)
      .set_header("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; sandbox");
}

}  // namespace tidemill::server::pages
