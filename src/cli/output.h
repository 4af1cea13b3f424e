#pragma once
// How commands answer: tables for people in Airflow's layout, JSON for programs.

#include <iosfwd>
#include <string>
#include <vector>

#include "base/json_fwd.h"

namespace CLI {
class App;
}

namespace tidemill::cli {

enum class OutputFormat { kTable, kJson, kYaml, kPlain };

// Adds Airflow's -o/--output table|json|yaml|plain, and --json as a short form of it.
void add_output_option(CLI::App& app, OutputFormat& format);

// Rows of text cells under `columns`. Source: airflow/cli/simple_table.py (cells joined by " | ", the rule by
// "=+="); json is one array of objects; plain has no rule; no rows print "No data found".
void print_rows(std::ostream& out, OutputFormat format, const std::vector<std::string>& columns,
                const std::vector<std::vector<std::string>>& rows);

// One JSON document on a line of its own.
void print_json(std::ostream& out, const Json& value);

// "0.1234"; "-" for NaN.
std::string format_metric(double value);

}  // namespace tidemill::cli
