#pragma once
// The XML of S3's answers as a tree. expat reads it: no entities are fetched, and it bounds their expansion.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tidemill::storage::s3 {

struct XmlNode {
  std::string name;
  std::string text;  // its own, without that of its children
  std::vector<XmlNode> children;

  // The first child of this name, or nullptr.
  const XmlNode* child(std::string_view child_name) const;
  // Its text, or "".
  std::string text_of(std::string_view child_name) const;
};

// The root; nullopt for what is not XML, is cut short, or is nested deeper than S3 ever nests.
std::optional<XmlNode> parse_xml(std::string_view text);

}  // namespace tidemill::storage::s3
