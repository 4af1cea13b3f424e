#include "server/pages/preparation_view.h"

#include <cmath>

#include <fmt/format.h>

#include "server/pages/figures.h"
#include "server/pages/parts.h"
#include "server/pages/row_budget.h"

namespace tidemill::server::pages {
namespace {

constexpr char kPlace[] = "preparation.json";
constexpr size_t kNameBytes = 80;
constexpr size_t kExpressionBytes = 400;
constexpr size_t kSqlBytes = 16'000;
constexpr size_t kCategoriesShown = 50;
constexpr size_t kCardBytes = 35'000;

Html code(const std::string& text, size_t size_bytes = kNameBytes) {
  return element("code", {}, {shortened(text, size_bytes)});
}

std::string cap_text(double cap) {
  return std::isfinite(cap) ? number_text(cap) : "none";
}

Html features_card(const pipeline::Preparation& preparation) {
  const std::vector<Column> columns = {{"Feature"}, {"Definition"}};
  RowBudget budget(columns, kCardBytes);
  std::vector<TableRow> rows;
  for (const pipeline::FeatureDefinition& feature : preparation.features) {
    const Html definition = feature.expression.empty()
                                ? code(feature.value) + " against its mean by " + code(feature.group)
                                : code(feature.expression, kExpressionBytes);
    if (!budget.add(rows, {"", {code(feature.name), definition}})) break;
  }
  return card("Features", {table(columns, rows, "No features are defined.",
                                 shown_of(rows.size(), preparation.features.size(), kPlace))});
}

Html numeric_card(const models::Preprocessing& preprocessing) {
  const std::vector<Column> columns = {{"Column"},           {"Missing becomes", "num"},
                                       {"Lower cap", "num"}, {"Upper cap", "num"},
                                       {"Mean", "num"},      {"Scale", "num"}};
  RowBudget budget(columns, kCardBytes);
  std::vector<TableRow> rows;
  for (const models::NumericInput& input : preprocessing.numeric) {
    TableRow row{"",
                 {code(input.name), number_text(input.impute_value), cap_text(input.cap_low),
                  cap_text(input.cap_high), number_text(input.mean), number_text(input.scale)}};
    if (!budget.add(rows, std::move(row))) break;
  }
  return card("Numeric columns, learned on the train side",
              {table(columns, rows, "There are no numeric columns.",
                     shown_of(rows.size(), preprocessing.numeric.size(), kPlace))});
}

Html categorical_card(const models::Preprocessing& preprocessing) {
  const std::vector<Column> columns = {
      {"Column"}, {"Missing becomes"}, {"Categories", "num"}, {"One column each"}};
  RowBudget budget(columns, kCardBytes);
  std::vector<TableRow> rows;
  for (const models::CategoricalInput& input : preprocessing.categorical) {
    std::vector<Html> categories;
    for (const std::string& category : input.categories) {
      if (categories.size() < kCategoriesShown) categories.push_back(code(category));
    }
    if (categories.size() < input.categories.size()) categories.emplace_back("…");
    const bool has_mode = input.impute_index < input.categories.size();
    TableRow row{"",
                 {code(input.name), has_mode ? code(input.categories[input.impute_index]) : Html("–"),
                  count_text(input.categories.size()), join(categories, ", ")}};
    if (!budget.add(rows, std::move(row))) break;
  }
  return card("Categorical columns, learned on the train side",
              {table(columns, rows, "There are no categorical columns.",
                     shown_of(rows.size(), preprocessing.categorical.size(), kPlace))});
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
