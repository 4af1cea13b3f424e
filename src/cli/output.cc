#include "cli/output.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <ostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/json.h"
#include "cli/option_checks.h"

namespace tidemill::cli {
namespace {

// Cells counted by what a terminal shows, so accents do not shift the columns.
size_t display_width(const std::string& text) {
  return static_cast<size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// In one line: a row of a table is one, and no value moves the cursor of a terminal.
std::string one_line(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x20 && byte != 0x7F) {
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else {
      out += fmt::format("\\x{:02x}", byte);
    }
  }
  return out;
}

void print_table(std::ostream& out, bool ruled, const std::vector<std::string>& columns,
                 std::vector<std::vector<std::string>> rows) {
  for (auto& row : rows) std::transform(row.begin(), row.end(), row.begin(), one_line);
  std::vector<size_t> widths;
  for (size_t c = 0; c < columns.size(); ++c) {
    widths.push_back(display_width(columns[c]));
    for (const auto& row : rows) widths[c] = std::max(widths[c], display_width(row[c]));
  }
  const auto print_line = [&](const std::vector<std::string>& cells) {
    std::string line;
    for (size_t c = 0; c < cells.size(); ++c) {
      if (c > 0) line += ruled ? " | " : " ";
      line += cells[c];
      if (c + 1 < cells.size()) line.append(widths[c] - display_width(cells[c]), ' ');
    }
    out << line << '\n';
  };
  print_line(columns);
  if (ruled) {
    std::string rule;
    for (size_t c = 0; c < widths.size(); ++c) rule += (c > 0 ? "=+=" : "") + std::string(widths[c], '=');
    out << rule << '\n';
  }
  for (const auto& row : rows) print_line(row);
}

void print_yaml(std::ostream& out, const std::vector<std::string>& columns,
                const std::vector<std::vector<std::string>>& rows) {
  for (const auto& row : rows) {
    std::map<std::string, std::string> sorted;
    for (size_t c = 0; c < columns.size(); ++c) sorted[columns[c]] = row[c];
    bool first = true;
    for (const auto& [name, cell] : sorted) {
      // A JSON string is a YAML double-quoted scalar.
      out << (first ? "- " : "  ") << name << ": "
          << Json(cell).dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
      first = false;
    }
  }
}

}  // namespace

void add_output_option(CLI::App& app, OutputFormat& format) {
  const auto set = [&format](const std::string& name) {
    format = name == "json"    ? OutputFormat::kJson
             : name == "yaml"  ? OutputFormat::kYaml
             : name == "plain" ? OutputFormat::kPlain
                               : OutputFormat::kTable;
  };
  CLI::Option* output = app.add_option_function<std::string>("-o,--output", set, "table, json, yaml or plain")
                            ->transform(one_of({"table", "json", "yaml", "plain"}))
                            ->type_name("FORMAT");
  const auto set_json = [&format, output] {
    if (output->count() > 0 && format != OutputFormat::kJson) throw CLI::ExcludesError("--json", "--output");
    format = OutputFormat::kJson;
  };
  app.add_flag_callback("--json", set_json, "the same as --output json");
}

void print_rows(std::ostream& out, OutputFormat format, const std::vector<std::string>& columns,
                const std::vector<std::vector<std::string>>& rows) {
  if (format == OutputFormat::kJson) {
    Json array = Json::array();
    for (const auto& row : rows) {
      Json object = Json::object();
      for (size_t c = 0; c < columns.size(); ++c) object[columns[c]] = row[c];
      array.push_back(std::move(object));
    }
    print_json(out, array);
  } else if (rows.empty()) {
    out << "No data found\n";
  } else if (format == OutputFormat::kYaml) {
    print_yaml(out, columns, rows);
  } else {
    print_table(out, format == OutputFormat::kTable, columns, rows);
  }
}

void print_json(std::ostream& out, const Json& value) {
  out << value.dump(-1, ' ', false, Json::error_handler_t::replace) << '\n';
}

std::string format_metric(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.4f}", value);
}

}  // namespace tidemill::cli
