#include "server/pages/preparation_view.h"

#include <cmath>

#include <fmt/format.h>

#include "server/pages/figures.h"
#include "server/pages/parts.h"

namespace tidemill::server::pages {
namespace {

constexpr size_t kNameBytes = 80;
constexpr size_t kExpressionBytes = 400;
constexpr size_t kSqlBytes = 16'000;
constexpr size_t kShown = 200;  // of features, inputs and categories each

Html code(const std::string& text, size_t size_bytes = kNameBytes) {
  return element("code", {}, {shortened(text, size_bytes)});
}

std::string cap_text(double cap) {
  return std::isfinite(cap) ? number_text(cap) : "none";
}

std::string rest(size_t count) {
  return count > kShown ? fmt::format("{} of {}; all of them in preparation.json", kShown, count) : "";
}

Html features_card(const pipeline::Preparation& preparation) {
  std::vector<TableRow> rows;
  for (const pipeline::FeatureDefinition& feature : preparation.features) {
    if (rows.size() == kShown) break;
    const Html definition = feature.expression.empty()
                                ? code(feature.value) + " against its mean by " + code(feature.group)
                                : code(feature.expression, kExpressionBytes);
    rows.push_back({"", {code(feature.name), definition}});
  }
  return card("Features", {table({{"Feature"}, {"Definition"}}, rows, "No features are defined.",
                                 rest(preparation.features.size()))});
}

Html numeric_card(const models::Preprocessing& preprocessing) {
  std::vector<TableRow> rows;
  for (const models::NumericInput& input : preprocessing.numeric) {
    if (rows.size() == kShown) break;
    rows.push_back({"",
                    {code(input.name), number_text(input.impute_value), cap_text(input.cap_low),
                     cap_text(input.cap_high), number_text(input.mean), number_text(input.scale)}});
  }
  return card("Numeric columns, learned on the train side",
              {table({{"Column"},
                      {"Missing becomes", "num"},
                      {"Lower cap", "num"},
                      {"Upper cap", "num"},
                      {"Mean", "num"},
                      {"Scale", "num"}},
                     rows, "There are no numeric columns.", rest(preprocessing.numeric.size()))});
}

Html categorical_card(const models::Preprocessing& preprocessing) {
  std::vector<TableRow> rows;
  for (const models::CategoricalInput& input : preprocessing.categorical) {
    if (rows.size() == kShown) break;
    std::vector<Html> categories;
    for (const std::string& category : input.categories) {
      if (categories.size() < kShown / 4) categories.push_back(code(category));
    }
    if (categories.size() < input.categories.size()) categories.emplace_back("…");
    const bool has_mode = input.impute_index < input.categories.size();
    rows.push_back({"",
                    {code(input.name), has_mode ? code(input.categories[input.impute_index]) : Html("–"),
                     count_text(input.categories.size()), join(categories, ", ")}});
  }
  return card("Categorical columns, learned on the train side",
              {table({{"Column"}, {"Missing becomes"}, {"Categories", "num"}, {"One column each"}}, rows,
                     "There are no categorical columns.", rest(preprocessing.categorical.size()))});
}

}  // namespace

Html preparation_view(const pipeline::Preparation& preparation) {
  const pipeline::TableRoles& roles = preparation.roles;
  const Html identity =
      card("Preparation",
           {facts({{"Key", code(roles.key)},
                   {"Time", code(roles.time)},
                   {"Target", code(roles.target)},
                   {"Raw columns read", count_text(preparation.raw_columns.size())},
                   {"Columns into the model",
                    fmt::format("{}, which become {}", preparation.preprocessing.input_count(),
                                preparation.preprocessing.output_count())},
                   {"SQL engine", shortened("duckdb " + preparation.engine_version, kNameBytes)},
                   {"Feature set", code(preparation.feature_set_hash)}}),
            element("details", {{"class", "block"}},
                    {element("summary", {}, {"The SQL that makes features of raw rows"}),
                     element("pre", {{"tabindex", "0"}}, {shortened(preparation.feature_sql, kSqlBytes)})})});
  return identity + features_card(preparation) + numeric_card(preparation.preprocessing) +
         categorical_card(preparation.preprocessing);
}

}  // namespace tidemill::server::pages
