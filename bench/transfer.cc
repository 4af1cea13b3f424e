// Our side of the S3 benchmark: sends a file as one published object, reads it back into a file, and prints
// the seconds of both as JSON. The server and the keys come from the AWS_* variables.
//
//   bench_transfer s3://BUCKET/PREFIX FILE COPY

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <string>

#include <unistd.h>

#include "base/error.h"
#include "storage/object_store.h"

namespace tidemill {
namespace {

namespace fs = std::filesystem;

constexpr char kFolder[] = "sent";
constexpr char kName[] = "data.bin";

template <typename Work>
double seconds_of(const Work& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

storage::StoreOptions options_from(char** environment, const fs::path& base_dir) {
  storage::StoreOptions options;
  options.base_dir = base_dir;
  for (; *environment != nullptr; ++environment) {
    const std::string text = *environment;
    options.environment.emplace(text.substr(0, text.find('=')), text.substr(text.find('=') + 1));
  }
  return options;
}

void transfer(const std::string& uri, const fs::path& file, const fs::path& copy) {
  const auto store = storage::open_object_store(uri, options_from(environ, copy.parent_path()));
  const fs::path scratch = store->make_scratch_dir();
  fs::create_hard_link(file, scratch / kName);
  const double sending = seconds_of([&] { store->publish(kFolder, scratch); });
  const fs::path dir = copy.parent_path() / "received";
  const double receiving =
      seconds_of([&] { fs::rename(store->local_file(std::string(kFolder) + "/" + kName, dir), copy); });
  std::printf("{\"upload\": %.4f, \"read\": %.4f, \"seconds\": %.4f}\n", sending, receiving,
              sending + receiving);
}

}  // namespace
}  // namespace tidemill

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: bench_transfer s3://BUCKET/PREFIX FILE COPY\n";
    return 2;
  }
  try {
    tidemill::transfer(argv[1], argv[2], argv[3]);
    return 0;
  } catch (const tidemill::Error& error) {
    std::cerr << error.message() << '\n';
    return tidemill::exit_code(error.code());
  }
}
