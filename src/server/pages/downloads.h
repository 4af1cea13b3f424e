#pragma once
// Stored objects as answers: files to be saved, and pictures.

#include <string>

#include "net/server/http_message.h"
#include "server/call.h"
#include "storage/object_store.h"

namespace tidemill::server::pages {

// The object's bytes, in blocks, as a file called `file_name` (what a name may not hold becomes '_'). No
// browser shows it, whatever it is. What lies on another machine is fetched into the project's hidden folder
// first, and is gone from there when it is sent. Errors: kNotFound, and those of the store.
net::Response download(Call& call, const storage::ObjectStore& store, const std::string& key,
                       const std::string& file_name);

// A file's name as a header can hold it.
std::string safe_name(const std::string& name);

// "image/svg+xml" for what may be shown by <img>; "" for all other names.
std::string picture_type(const std::string& name);

// A picture for <img>. Opened by itself it runs no script and loads nothing. Errors: as download, and
// kNotFound when it is no picture.
net::Response picture(Call& call, const storage::ObjectStore& store, const std::string& key);

}  // namespace tidemill::server::pages
