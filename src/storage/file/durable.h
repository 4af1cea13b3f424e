#pragma once
// File system calls that have happened when they return, also after a power cut. Linux only.
// Errors: those of throw_system_error, naming the path.

#include <filesystem>
#include <string_view>

namespace tidemill::storage {

// Creates `path` (which must not exist) with these bytes and fsyncs it. On an error it is removed again.
void write_new_file(const std::filesystem::path& path, std::string_view bytes);

// fsync of a file or a folder.
void sync_path(const std::filesystem::path& path);

// fsync of every file and folder below `dir` and of itself.
void sync_tree(const std::filesystem::path& dir);

// mkdir -p; every folder that is new is durable in its parent.
void create_folders(const std::filesystem::path& dir);

// rename(2): replaces a file at `to`.
void rename_path(const std::filesystem::path& from, const std::filesystem::path& to);

// What became of a rename that must not destroy anything.
enum class RenameOutcome { kDone, kTargetExists, kUnsupported };

// Renames if `to` is absent. kUnsupported: this file system cannot promise that.
RenameOutcome rename_if_absent(const std::filesystem::path& from, const std::filesystem::path& to);

// Both must exist and swap names in one act. Source: renameat2(2), RENAME_EXCHANGE.
RenameOutcome exchange(const std::filesystem::path& a, const std::filesystem::path& b);

}  // namespace tidemill::storage
