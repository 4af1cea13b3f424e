#include "server/pages/model_signature.h"

#include <fmt/format.h>

#include "base/json.h"
#include "server/pages/figures.h"
#include "server/pages/parts.h"

namespace tidemill::server::pages {
namespace {

constexpr size_t kNameBytes = 80;
constexpr size_t kFieldsShown = 200;

// The value behind `key`, which begins a line; "" without one.
std::string_view line_value(std::string_view text, std::string_view key) {
  const size_t begin = text.find(key);
  if (begin == std::string_view::npos || (begin > 0 && text[begin - 1] != '\n')) return {};
  const std::string_view rest = text.substr(begin + key.size());
  return rest.substr(0, rest.find('\n'));
}

// YAML's two ways to quote a text on one line; "" for another.
std::string unquoted(std::string_view value) {
  if (value.size() < 2 || value.front() != value.back()) return "";
  if (value.front() == '"') {
    const Json text = Json::parse(value, nullptr, /*allow_exceptions=*/false);
    return text.is_string() ? text.get<std::string>() : "";
  }
  if (value.front() != '\'') return "";
  std::string text;
  for (size_t i = 1; i + 1 < value.size(); ++i) {
    text += value[i];
    if (value[i] == '\'') ++i;  // '' stands for one
  }
  return text;
}

std::string text_of(const Json& object, const char* key) {
  return object.contains(key) && object[key].is_string() ? object[key].get<std::string>() : "";
}

std::vector<SignatureField> fields_of(const std::string& text) {
  std::vector<SignatureField> fields;
  if (is_too_deep(text)) return fields;
  const Json list = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!list.is_array()) return fields;
  for (const Json& one : list) {
    if (!one.is_object()) continue;
    SignatureField field{text_of(one, "name"), text_of(one, "type")};
    if (one.contains("required") && one["required"] == false) field.required = false;
    if (one.contains("tensor-spec") && one["tensor-spec"].is_object()) {
      const Json& tensor = one["tensor-spec"];
      field.type = fmt::format("{} {}", text_of(tensor, "dtype"),
                               tensor.contains("shape") ? tensor["shape"].dump() : "");
    }
    fields.push_back(std::move(field));
  }
  return fields;
}

Html field_name(const SignatureField& field) {
  return element("code", {}, {field.name.empty() ? "prediction" : shortened(field.name, kNameBytes)});
}

}  // namespace

Signature signature_of(std::string_view mlmodel) {
  const size_t begin = mlmodel.find("\nsignature:\n");
  if (begin == std::string_view::npos) return {};
  const std::string_view section = mlmodel.substr(begin + 12);
  return {fields_of(unquoted(line_value(section, "  inputs: "))),
          fields_of(unquoted(line_value(section, "  outputs: ")))};
}

Html signature_card(std::string_view mlmodel) {
  const Signature signature = signature_of(mlmodel);
  if (signature.inputs.empty() && signature.outputs.empty()) return {};
  std::vector<TableRow> inputs, outputs;
  for (const SignatureField& field : signature.inputs) {
    if (inputs.size() == kFieldsShown) break;
    inputs.push_back(
        {"", {field_name(field), shortened(field.type, kNameBytes), field.required ? "yes" : "no"}});
  }
  for (const SignatureField& field : signature.outputs) {
    if (outputs.size() < kFieldsShown)
      outputs.push_back({"", {field_name(field), shortened(field.type, kNameBytes)}});
  }
  return card("Signature: what it predicts",
              {table({{"Output", "title"}, {"Type"}}, outputs, "Nothing is said.")}) +
         card("Signature: raw rows that it takes",
              {table({{"Column", "title"}, {"Type"}, {"Required"}}, inputs, "Nothing is said.")});
}

}  // namespace tidemill::server::pages
