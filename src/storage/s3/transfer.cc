#include "storage/s3/transfer.h"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/error.h"
#include "base/parallel.h"

namespace tidemill::storage::s3 {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxParts = 10'000;  // S3's limit
constexpr int kVersionsTried = 10;

class File {
 public:
  File(const fs::path& path, int flags)
      : path_(path), descriptor_(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {
    if (descriptor_ < 0) throw_system_error(errno, "open", path.string());
  }
  ~File() { ::close(descriptor_); }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  std::string read(uint64_t offset, uint64_t size_bytes) const {
    std::string bytes(size_bytes, '\0');
    for (uint64_t done = 0; done < size_bytes;) {
      const ssize_t got =
          ::pread(descriptor_, bytes.data() + done, size_bytes - done, static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) throw_system_error(errno, "read", path_.string());
      if (got == 0) {
        throw Error(ErrorCode::kUnavailable,
                    fmt::format("'{}' became shorter while it was sent", path_.string()));
      }
      done += static_cast<uint64_t>(got);
    }
    return bytes;
  }
  void write(uint64_t offset, std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t done = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
      if (done < 0 && errno == EINTR) continue;
      if (done < 0) throw_system_error(errno, "write", path_.string());
      bytes.remove_prefix(static_cast<size_t>(done));
      offset += static_cast<uint64_t>(done);
    }
  }

 private:
  fs::path path_;
  int descriptor_;
};

using TakePiece = std::function<void(uint64_t offset, const std::string& bytes)>;

// Hands out the pieces of one version of the object; `begin` is told its size before the first.
bool fetch_once(const Client& client, const std::string& key, uint64_t part_bytes,
                const std::function<void(uint64_t size_bytes)>& begin, const TakePiece& take) {
  const auto first = client.get_range(key, 0, part_bytes);
  if (!first) return false;
  const uint64_t size_bytes = first->object.size_bytes;
  begin(size_bytes);
  take(0, first->bytes);
  const uint64_t have = first->bytes.size();
  const uint64_t part_count = size_bytes > have ? (size_bytes - have + part_bytes - 1) / part_bytes : 0;
  parallel_for(part_count, kConnections, [&](size_t i) {
    const uint64_t offset = have + i * part_bytes;
    const uint64_t wanted = std::min(part_bytes, size_bytes - offset);
    const auto piece = client.get_range(key, offset, wanted, first->object.etag);
    if (!piece || piece->bytes.size() != wanted) {
      throw Error(ErrorCode::kConflict,
                  fmt::format("{} changed while it was read", client.target().uri_of(key)));
    }
    take(offset, piece->bytes);
  });
  return true;
}

bool fetch(const Client& client, const std::string& key, uint64_t part_bytes,
           const std::function<void(uint64_t size_bytes)>& begin, const TakePiece& take) {
  for (int i = 1;; ++i) {
    try {
      return fetch_once(client, key, part_bytes, begin, take);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::kConflict || i == kVersionsTried) throw;
    }
  }
}

}  // namespace

Content content_of(std::string_view bytes) {
  return {bytes.size(),
          [bytes](uint64_t offset, uint64_t size) { return std::string(bytes.substr(offset, size)); }};
}

Content content_of_file(const fs::path& path) {
  const auto file = std::make_shared<File>(path, O_RDONLY);
  return {fs::file_size(path), [file](uint64_t offset, uint64_t size) { return file->read(offset, size); }};
}

void upload(const Client& client, const std::string& key, const Content& content, uint64_t part_bytes) {
  if (content.size_bytes <= part_bytes) {
    client.put(key, content.read(0, content.size_bytes));
    return;
  }
  const uint64_t size = std::max(part_bytes, (content.size_bytes + kMaxParts - 1) / kMaxParts);
  const std::string upload_id = client.begin_upload(key);
  std::vector<std::string> etags((content.size_bytes + size - 1) / size);
  try {
    parallel_for(etags.size(), kConnections, [&](size_t i) {
      const uint64_t offset = i * size;
      etags[i] = client.upload_part(key, upload_id, static_cast<int>(i) + 1,
                                    content.read(offset, std::min(size, content.size_bytes - offset)));
    });
    client.complete_upload(key, upload_id, etags);
  } catch (const Error&) {
    try {
      client.abort_upload(key, upload_id);
    } catch (const Error&) {  // NOLINT(bugprone-empty-catch): the first error is the one to tell
    }
    throw;
  }
}

std::optional<std::string> download(const Client& client, const std::string& key, uint64_t part_bytes) {
  std::string bytes;
  const bool is_there = fetch(
      client, key, part_bytes, [&](uint64_t size_bytes) { bytes.resize(size_bytes); },
      [&](uint64_t offset, const std::string& piece) {
        std::copy(piece.begin(), piece.end(), bytes.begin() + static_cast<ptrdiff_t>(offset));
      });
  if (!is_there) return std::nullopt;
  return bytes;
}

bool download_to_file(const Client& client, const std::string& key, uint64_t part_bytes,
                      const fs::path& path) {
  const File file(path, O_WRONLY | O_CREAT | O_TRUNC);
  return fetch(
      client, key, part_bytes, [&](uint64_t size_bytes) { fs::resize_file(path, size_bytes); },
      [&](uint64_t offset, const std::string& piece) { file.write(offset, piece); });
}

}  // namespace tidemill::storage::s3
