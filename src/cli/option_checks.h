#pragma once
// What the values of options must be, in words that say what may be given instead. For transform(), not
// check(): they write the value as the option reads it.

#include <climits>
#include <cstdint>
#include <string>
#include <vector>

#include <CLI/App.hpp>

namespace tidemill::cli {

// Decimal, both included. "'x' is no integer from 1 to 9", "'x' is no integer of 1 or more" without a `to`.
CLI::Validator integer_between(int64_t from, int64_t to = INT_MAX);

// "'xml' is none of them: table, json, yaml, plain". In any case of letters.
CLI::Validator one_of(std::vector<std::string> names);

// An empty value, mostly that of a variable that is not set, is not read as if the option had not been given:
// it is refused for every option of `app` and its commands, but for those of may_be_empty().
void refuse_empty_values(CLI::App& app);
CLI::Option* may_be_empty(CLI::Option* option);

}  // namespace tidemill::cli
