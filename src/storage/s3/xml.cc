#include "storage/s3/xml.h"

#include <memory>

#include <expat.h>

namespace tidemill::storage::s3 {
namespace {

constexpr size_t kMaxDepth = 16;

struct Reading {
  XML_Parser parser;
  std::vector<XmlNode> open{XmlNode{}};  // the first holds the root; a node joins its parent when it ends
};

void on_start(void* user, const XML_Char* name, const XML_Char**) {
  auto& reading = *static_cast<Reading*>(user);
  if (reading.open.size() > kMaxDepth) {
    XML_StopParser(reading.parser, XML_FALSE);
    return;
  }
  reading.open.push_back({name, "", {}});
}

void on_end(void* user, const XML_Char*) {
  std::vector<XmlNode>& open = static_cast<Reading*>(user)->open;
  XmlNode done = std::move(open.back());
  open.pop_back();
  open.back().children.push_back(std::move(done));
}

void on_text(void* user, const XML_Char* text, int size) {
  static_cast<Reading*>(user)->open.back().text.append(text, static_cast<size_t>(size));
}

}  // namespace

const XmlNode* XmlNode::child(std::string_view child_name) const {
  for (const XmlNode& one : children) {
    if (one.name == child_name) return &one;
  }
  return nullptr;
}

std::string XmlNode::text_of(std::string_view child_name) const {
  const XmlNode* found = child(child_name);
  return found == nullptr ? "" : found->text;
}

std::optional<XmlNode> parse_xml(std::string_view text) {
  const std::unique_ptr<XML_ParserStruct, void (*)(XML_Parser)> parser(XML_ParserCreate("UTF-8"),
                                                                       &XML_ParserFree);
  if (!parser) return std::nullopt;
  Reading reading{parser.get()};
  XML_SetUserData(parser.get(), &reading);
  XML_SetElementHandler(parser.get(), on_start, on_end);
  XML_SetCharacterDataHandler(parser.get(), on_text);
  const XML_Status status = XML_Parse(parser.get(), text.data(), static_cast<int>(text.size()), XML_TRUE);
  if (status != XML_STATUS_OK || reading.open.size() != 1 || reading.open[0].children.size() != 1) {
    return std::nullopt;
  }
  return std::move(reading.open[0].children[0]);
}

}  // namespace tidemill::storage::s3
