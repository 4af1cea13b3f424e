#pragma once
// Objects of any size to and from S3: in one request when small, else in parts on several connections at
// once. Memory: a part for each connection. The object appears whole or not at all.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "storage/s3/client.h"

namespace tidemill::storage::s3 {

inline constexpr int kConnections = 4;  // at once, for one transfer or one publish

// The bytes of an object to be sent, asked for by part and from several threads.
struct Content {
  uint64_t size_bytes = 0;
  std::function<std::string(uint64_t offset, uint64_t size_bytes)> read;
};
Content content_of(std::string_view bytes);
// Errors (when read): those of throw_system_error; kUnavailable when the file has become shorter.
Content content_of_file(const std::filesystem::path& path);

// On an error nothing is left at the server unless it cannot be told (ObjectStore::sweep then).
void upload(const Client& client, const std::string& key, const Content& content, uint64_t part_bytes);

// nullopt when there is no object. All parts are of one version of it, however often it is replaced
// meanwhile.
std::optional<std::string> download(const Client& client, const std::string& key, uint64_t part_bytes);
// The same into a new file, without holding it in memory; false when there is no object.
bool download_to_file(const Client& client, const std::string& key, uint64_t part_bytes,
                      const std::filesystem::path& path);

}  // namespace tidemill::storage::s3
