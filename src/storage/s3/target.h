#pragma once
// Which bucket, where, and as whom: everything that a request needs to know besides its key.

#include <map>
#include <string>

#include "storage/object_store.h"
#include "storage/s3/aws_settings.h"

namespace tidemill::storage::s3 {

struct Target {
  std::string bucket;
  std::string prefix;    // of every key: "" or "some/folder/"
  std::string endpoint;  // "https://s3.eu-west-1.amazonaws.com", without a slash at its end
  std::string region;    // "us-east-1" when nothing says
  bool path_style = false;
  AwsSettings aws;

  std::string uri() const;                           // "s3://bucket/some/folder"
  std::string uri_of(const std::string& key) const;  // "s3://bucket/some/folder/key"
  // Escaped and, as signatures want it, with its query sorted. "" is the bucket itself; `full_key` includes
  // the prefix.
  std::string url(const std::string& full_key, const std::map<std::string, std::string>& query) const;
};

// `rest` is what follows "s3:". What the project file says wins over what AWS's tools would use. Path style
// is the default with an endpoint and for bucket names with dots, whose host names no certificate covers.
// Errors: kInvalidArgument for a URI without a bucket, names that no bucket has, prefixes that are no keys,
// and endpoints that are no http(s)://HOST[:PORT]; and those of read_aws_settings.
Target make_target(const std::string& uri, const std::string& rest, const StoreOptions& options);

}  // namespace tidemill::storage::s3
