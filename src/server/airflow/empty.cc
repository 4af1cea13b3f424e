// What a Tidemill project never has: a configuration of Airflow's, logs elsewhere, import errors and warnings
// (a project file that is wrong is not run at all), plugins, providers, connections, asset aliases. Their
// lists are empty.

#include <fmt/format.h>

#include "base/error.h"
#include "server/airflow/lookups.h"
#include "server/airflow/query.h"

namespace tidemill::server::airflow {
namespace {

template <const char* name>
net::Response nothing(Call& /*call*/, const Input& /*input*/) {
  return net::Response::json(collection(name, Json::array(), 0));
}

constexpr char kImportErrors[] = "import_errors", kWarnings[] = "dag_warnings", kPlugins[] = "plugins",
               kProviders[] = "providers", kConnections[] = "connections", kAliases[] = "asset_aliases";

net::Response import_error(Call& /*call*/, const Input& input) {
  throw Error(ErrorCode::kNotFound, fmt::format("The ImportError with import_error_id: `{}` was not found",
                                                input.path.at("import_error_id").get<int64_t>()));
}

net::Response connection(Call& /*call*/, const Input& input) {
  throw Error(ErrorCode::kNotFound, fmt::format("The Connection with connection_id: `{}` was not found",
                                                input.text("connection_id")));
}

// As an Airflow answers that does not show its configuration, which is the default.
net::Response no_configuration(Call& /*call*/, const Input& /*input*/) {
  throw Error(ErrorCode::kPermissionDenied,
              "Your Airflow administrator chose not to expose the configuration, most likely for security "
              "reasons.");
}

net::Response no_external_log(Call& /*call*/, const Input& /*input*/) {
  throw Error(ErrorCode::kInvalidArgument, "Task log handler does not support external logs.");
}

std::vector<Operation> refusals() {
  return {
      {"GET",
       "/api/v2/config",
       no_configuration,
       "get_config",
       "Config",
       "Airflow's configuration is not shown: 403",
       {text("section").optional()},
       nullptr,
       "HTTPExceptionResponse",
       403},
      {"GET",
       "/api/v2/config/section/{section}/option/{option}",
       no_configuration,
       "get_config_value",
       "Config",
       "Airflow's configuration is not shown: 403",
       {},
       nullptr,
       "HTTPExceptionResponse",
       403},
      {"GET",
       "/api/v2/dags/{dag_id}/dagRuns/{dag_run_id}/taskInstances/{task_id}/externalLogUrl/{try_number}",
       no_external_log,
       "get_external_log_url",
       "Task Instance",
       "Logs are here alone: 400",
       {only_map_index()},
       nullptr,
       "HTTPExceptionResponse",
       400},
  };
}

}  // namespace

std::vector<Operation> empty_operations() {
  std::vector<Operation> all = refusals();
  const Fields page = page_fields({{"id", "id"}});
  const std::vector<Operation> lists = {
      {"GET", "/api/v2/importErrors", nothing<kImportErrors>, "get_import_errors", "Import Error",
       "Import errors: none",
       joined(
           {page, {text("filename").optional(), text("bundle_name").optional()}, pattern_fields("filename")}),
       nullptr, "ImportErrorCollectionResponse"},
      {"GET",
       "/api/v2/importErrors/{import_error_id}",
       import_error,
       "get_import_error",
       "Import Error",
       "There is none: 404",
       {},
       nullptr,
       "HTTPExceptionResponse",
       404},
      {"GET", "/api/v2/dagWarnings", nothing<kWarnings>, "list_dag_warnings", "DagWarning", "Warnings: none",
       joined({page, {text("dag_id").optional(), text("warning_type").optional()}}), nullptr,
       "DAGWarningCollectionResponse"},
      {"GET", "/api/v2/plugins", nothing<kPlugins>, "get_plugins", "Plugin", "Plugins: none", page, nullptr,
       "PluginCollectionResponse"},
      {"GET",
       "/api/v2/plugins/importErrors",
       nothing<kImportErrors>,
       "import_errors",
       "Plugin",
       "Import errors of plugins: none",
       {},
       nullptr,
       "PluginImportErrorCollectionResponse"},
      {"GET", "/api/v2/providers", nothing<kProviders>, "get_providers", "Provider", "Providers: none", page,
       nullptr, "ProviderCollectionResponse"},
      {"GET", "/api/v2/connections", nothing<kConnections>, "get_connections", "Connection",
       "Connections: none; where data and models are stands in the project file",
       joined({page, pattern_fields("connection_id")}), nullptr, "ConnectionCollectionResponse"},
      {"GET",
       "/api/v2/connections/{connection_id}",
       connection,
       "get_connection",
       "Connection",
       "There is none: 404",
       {},
       nullptr,
       "HTTPExceptionResponse",
       404},
      {"GET", "/api/v2/assets/aliases", nothing<kAliases>, "get_asset_aliases", "Asset", "Aliases: none",
       joined({page, pattern_fields("name")}), nullptr, "AssetAliasCollectionResponse"},
  };
  all.insert(all.end(), lists.begin(), lists.end());
  return all;
}

}  // namespace tidemill::server::airflow
