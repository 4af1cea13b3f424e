#pragma once
// What a model takes and gives, as its MLmodel file says.

#include <string>
#include <string_view>
#include <vector>

#include "server/pages/html.h"

namespace tidemill::server::pages {

struct SignatureField {
  std::string name;  // "" for the one output
  std::string type;  // "any", "double", "float64 [-1]"
  bool required = true;
};

struct Signature {
  std::vector<SignatureField> inputs{}, outputs{};
};

// Both are JSON inside the file's YAML, on one line each as Tidemill writes them; what is written otherwise
// gives no fields. Source: mlflow/models/signature.py, mlflow/types/schema.py.
Signature signature_of(std::string_view mlmodel);

// Nothing where there is no signature.
Html signature_card(std::string_view mlmodel);

}  // namespace tidemill::server::pages
