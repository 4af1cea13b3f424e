#include "engine/duckdb/row_expression.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <set>
#include <string_view>

#include <fmt/format.h>

#include "base/error.h"
#include "base/json.h"
#include "base/text.h"
#include "engine/duckdb/duckdb_types.h"

namespace tidemill::engine::duckdb {
namespace {

// Functions that do not depend on their arguments alone: the clock, random numbers, the session, the
// catalog. Listed here because asking duckdb_functions() takes 17 ms; a test compares the list with it.
constexpr std::array<std::string_view, 32> kImpureFunctions = {
    "ago",
    "currval",
    "error",
    "format_type",
    "gen_random_uuid",
    "get_block_size",
    "get_current_time",
    "get_current_timestamp",
    "getenv",
    "getvariable",
    "in_search_path",
    "json_deserialize_sql",
    "json_serialize_plan",
    "json_serialize_sql",
    "nextval",
    "now",
    "parse_duckdb_log_message",
    "query",
    "query_table",
    "random",
    "session_user",
    "setseed",
    "sleep_ms",
    "stats",
    "today",
    "transaction_timestamp",
    "txid_current",
    "user",
    "uuid",
    "uuidv4",
    "uuidv7",
    "write_log",
};
constexpr std::array<std::string_view, 5> kImpurePrefixes = {"current_", "pg_", "has_", "inet_", "tidemill_"};

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

bool is_impure(std::string_view function) {
  if (std::find(kImpureFunctions.begin(), kImpureFunctions.end(), function) != kImpureFunctions.end())
    return true;
  return std::any_of(kImpurePrefixes.begin(), kImpurePrefixes.end(),
                     [&](std::string_view prefix) { return function.starts_with(prefix); });
}

class Checker {
 public:
  Checker(std::string name, const std::vector<Column>& columns) : name_(std::move(name)) {
    for (const Column& column : columns) {
      known_.push_back(column.name);
      in_scope_.insert(lower(column.name));
    }
  }

  [[noreturn]] void refuse(const std::string& why) const {
    throw Error(ErrorCode::kInvalidArgument, fmt::format("'{}': {}", name_, why));
  }

  // The statement must be exactly: SELECT (one expression) FROM rows.
  void check_statement(const Json& parsed) {
    if (parsed.at("error").get<bool>()) refuse(parsed.value("error_message", "this is not SQL"));
    const Json& statements = parsed.at("statements");
    if (statements.size() != 1) refuse("this must be one SQL expression, not several statements");
    const Json& node = statements[0].at("node");
    const bool plain = node.at("type") == "SELECT_NODE" && node.at("select_list").size() == 1 &&
                       node.at("from_table").at("type") == "BASE_TABLE" &&
                       node.at("from_table").at("table_name") == "rows" &&
                       node.at("where_clause").is_null() && node.at("having").is_null() &&
                       node.at("qualify").is_null() && node.at("sample").is_null() &&
                       node.at("group_expressions").empty() && node.at("modifiers").empty() &&
                       node.at("cte_map").at("map").empty();
    if (!plain) refuse("this must be one SQL expression over the columns of a row, not a query");
    walk(node.at("select_list")[0]);
  }

  std::vector<std::string> used_columns() const {
    std::vector<std::string> used;
    for (const std::string& column : known_) {
      if (used_.contains(lower(column))) used.push_back(column);
    }
    return used;
  }

 private:
  void walk(const Json& node) {
    if (node.is_array()) {
      for (const Json& child : node) walk(child);
      return;
    }
    if (!node.is_object()) return;
    if (node.contains("class")) {
      const std::string kind = node.at("class").get<std::string>();
      if (kind == "COLUMN_REF") return check_column(node);
      if (kind == "CONSTANT") return;
      if (kind == "LAMBDA") return walk_lambda(node);
      check_kind(kind, node);
    }
    for (const auto& [key, child] : node.items()) walk(child);
  }

  void check_kind(const std::string& kind, const Json& node) const {
    if (kind == "SUBQUERY")
      refuse("a subquery is not allowed: a feature may use only the columns of its own row");
    if (kind == "WINDOW")
      refuse("a window function is not allowed: a feature may use only the columns of its own row");
    if (kind == "STAR") refuse("'*' is not allowed: name the columns");
    if (kind == "PARAMETER") refuse("parameters ($1, ?) are not allowed");
    if (kind == "POSITIONAL_REFERENCE") refuse("columns by number (#1) are not allowed: name the columns");
    if (kind == "DEFAULT") refuse("DEFAULT is not allowed");
    if (kind != "FUNCTION") return;
    const std::string function = lower(node.at("function_name").get<std::string>());
    const bool one_argument_age = function == "age" && node.at("children").size() < 2;
    if (is_impure(function) || one_argument_age) {
      refuse(fmt::format(
          "function {}() is not allowed: its result does not depend on the row alone, so it would "
          "differ between training and serving",
          function));
    }
  }

  void check_column(const Json& node) {
    const std::string column = node.at("column_names").at(0).get<std::string>();
    if (in_scope_.contains(lower(column))) {
      used_.insert(lower(column));
      return;
    }
    refuse(fmt::format("unknown column '{}'{}; columns here: {}", column, did_you_mean(column, known_),
                       join(known_)));
  }

  void walk_lambda(const Json& node) {
    const std::set<std::string> outer = in_scope_;
    collect_names(node.at("lhs"));
    walk(node.at("expr"));
    in_scope_ = outer;
  }

  void collect_names(const Json& node) {
    if (node.is_object() && node.contains("column_names")) {
      in_scope_.insert(lower(node.at("column_names").at(0).get<std::string>()));
      return;
    }
    if (!node.is_structured()) return;
    for (const Json& child : node) collect_names(child);
  }

  std::string name_;
  std::vector<std::string> known_;
  std::set<std::string> in_scope_;  // lower case, with the parameters of lambdas
  std::set<std::string> used_;      // lower case
};

bool is_nested(duckdb_type type) {
  return type == DUCKDB_TYPE_STRUCT || type == DUCKDB_TYPE_LIST || type == DUCKDB_TYPE_ARRAY ||
         type == DUCKDB_TYPE_MAP || type == DUCKDB_TYPE_UNION || type == DUCKDB_TYPE_VARIANT;
}

std::string parse_tree(DuckdbSession& session, const std::string& sql) {
  const auto stream = session.query(fmt::format("SELECT json_serialize_sql({})", quote_literal(sql)));
  const Batch* batch = stream->next();
  return std::string(batch->string_at(0, 0));
}

// A row of nulls of the right types: enough to bind against.
std::string one_row_of(const std::vector<Column>& columns) {
  std::vector<std::string> items;
  for (const Column& column : columns) {
    const std::string type = column.type == "ENUM" ? "VARCHAR" : column.type;
    items.push_back(fmt::format("CAST(NULL AS {}) AS {}", type, quote_identifier(column.name)));
  }
  if (items.empty()) items.push_back("NULL");
  return "(SELECT " + join(items) + ") AS rows";
}

}  // namespace

RowExpression check_row_expression(DuckdbSession& session, const std::string& name,
                                   const std::string& expression, const std::vector<Column>& columns) {
  // The newline ends a comment in the expression; the parentheses keep "a, b" from being two columns.
  const std::string wrapped = "(" + expression + "\n)";
  Checker checker(name, columns);
  checker.check_statement(parse_json(parse_tree(session, "SELECT " + wrapped + " AS value FROM rows"), name));
  try {
    // WHERE admits no aggregates, windows or unnest(), also none that hide in a built-in macro.
    const Statement statement = session.prepare(fmt::format("SELECT {} AS value FROM {} WHERE {} IS NOT NULL",
                                                            wrapped, one_row_of(columns), wrapped));
    const LogicalType type(duckdb_prepared_statement_column_logical_type(statement.get(), 0));
    const Column column = {name, type_name(type.get())};
    if (is_nested(duckdb_get_type_id(type.get()))) {
      checker.refuse(
          fmt::format("this gives a {}; it must give one number, text, boolean, date or time", column.type));
    }
    return {column, checker.used_columns()};
  } catch (const Error& error) {
    if (error.message().find("WHERE clause cannot contain") != std::string::npos) {
      checker.refuse(
          "aggregates and window functions are not allowed: a feature may use only the columns of its own "
          "row (to compare with a group's mean, use a comparison feature)");
    }
    checker.refuse(error.message());
  }
}

}  // namespace tidemill::engine::duckdb
