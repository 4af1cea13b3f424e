#pragma once
// A new project from one of the examples that the program carries.

#include <filesystem>
#include <string>
#include <vector>

namespace tidemill::app {

// "churn", "telco".
std::vector<std::string> example_names();

// Writes the example's tidemill.toml, and the scripts it names, into `dir`, which is made when absent. The
// project file appears last and whole, or not at all. Errors: kAlreadyExists when one of the files is there
// with other content, or any tidemill.toml; kInvalidArgument for an unknown example; what the system refuses.
void init_project(const std::filesystem::path& dir, const std::string& example);

}  // namespace tidemill::app
