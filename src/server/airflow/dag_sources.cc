// GET /api/v2/dagSources/{dag_id} (airflow.api_fastapi.core_api.routes.public.dag_sources): the project file,
// which the DAGs are made of.

#include <fstream>

#include <fmt/format.h>

#include "base/error.h"
#include "server/airflow/lookups.h"
#include "server/airflow/query.h"

namespace tidemill::server::airflow {
namespace {

net::Response get(Call& call, const Input& input) {
  const std::string& dag_id = input.text("dag_id");
  const auto version = optional_integer(input.query, "version_number");
  if (find_dag_or_null(call, dag_id) == nullptr || version.value_or(1) != 1) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("The source code of the Dag {}, version_number {} was not found", dag_id,
                            version ? std::to_string(*version) : "None"));
  }
  const std::filesystem::path path = call.project.project_dir() / "tidemill.toml";
  std::ifstream file(path, std::ios::binary);
  std::string content{std::istreambuf_iterator<char>(file), {}};
  if (!file) throw_system_error(errno, "read", path.string());
  if (call.request.header("Accept").value_or("").starts_with("text/plain")) {
    return net::Response::text(std::move(content));
  }
  return net::Response::json({{"content", std::move(content)},
                              {"dag_id", dag_id},
                              {"version_number", 1},
                              {"dag_display_name", dag_id}});
}

}  // namespace

std::vector<Operation> dag_source_operations() {
  return {{"GET",
           "/api/v2/dagSources/{dag_id}",
           get,
           "get_dag_source",
           "DagSource",
           "The project file, which the DAGs are made of",
           {integer("version_number").optional()},
           nullptr,
           "DAGSourceResponse",
           200,
           Access::kSignedIn,
           "text/plain"}};
}

}  // namespace tidemill::server::airflow
