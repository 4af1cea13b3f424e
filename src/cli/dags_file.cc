#include "cli/dags_file.h"

#include <chrono>
#include <iostream>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"
#include "cli/output.h"
#include "cli/workflow_commands.h"
#include "dags/pipelines.h"

namespace tidemill::cli {
namespace {

struct FileArguments {
  std::string dag_id;
  bool yes = false;
  OutputFormat format = OutputFormat::kTable;
};

// Exit code 1 when there are any, as Airflow.
void list_import_errors(CommandContext& context, const FileArguments& arguments) {
  std::vector<std::vector<std::string>> rows;
  try {
    dags::project_dags(context.services().options());
  } catch (const Error& error) {
    if (error.code() == ErrorCode::kNotFound) throw;  // no project
    const std::filesystem::path file = std::filesystem::absolute(context.project_dir) / "tidemill.toml";
    rows.push_back({"tidemill", file.lexically_normal().string(), error.message()});
    context.exit_code = 1;
  }
  print_rows(context.out, arguments.format, {"bundle_name", "filepath", "error"}, rows);
}

// "0:00:00.001234", as Python prints a timedelta.
std::string duration_text(std::chrono::steady_clock::duration duration) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
  return fmt::format("0:{:02}:{:02}.{:06}", us / 60'000'000, us / 1'000'000 % 60, us % 1'000'000);
}

void report(CommandContext& context, const FileArguments& arguments) {
  const auto start = std::chrono::steady_clock::now();
  const std::vector<workflow::Dag> dags = dags::project_dags(context.services().options());
  const std::string duration = duration_text(std::chrono::steady_clock::now() - start);
  size_t task_count = 0;
  std::vector<std::string> ids;
  for (const workflow::Dag& dag : dags) {
    task_count += dag.tasks.size();
    ids.push_back(dag.id);
  }
  print_rows(context.out, arguments.format, {"file", "duration", "dag_num", "task_num", "dags"},
             {{(context.services().project_dir() / "tidemill.toml").string(), duration,
               std::to_string(dags.size()), std::to_string(task_count), join(ids, ",")}});
}

void refuse_to_delete(CommandContext& context, const FileArguments& arguments) {
  named_dag(dags::project_dags(context.services().options()), arguments.dag_id, kDagNotInTable);
  throw Error(
      ErrorCode::kInvalidArgument,
      fmt::format("{} belongs to the project and cannot be deleted: 'dags pause' stops it, 'gc' removes "
                  "the records of its old runs",
                  arguments.dag_id));
}

}  // namespace

void define_dags_file(CLI::App& group, CommandContext& context) {
  const auto arguments = std::make_shared<FileArguments>();
  CLI::App* command = add_workflow_command(group, context, "list-import-errors",
                                           "what is wrong with the project file that the DAGs come from",
                                           arguments, list_import_errors);
  add_output_option(*command, arguments->format);

  command = add_workflow_command(group, context, "report", "how many DAGs and tasks the project file has",
                                 arguments, report);
  add_output_option(*command, arguments->format);

  command = add_workflow_command(group, context, "delete", "refused: a project has its DAGs for good",
                                 arguments, refuse_to_delete);
  command->add_option("dag_id", arguments->dag_id, "the DAG")->required()->type_name("DAG");
  command->add_flag("-y,--yes", arguments->yes, "without asking");
}

}  // namespace tidemill::cli
