#include "engine/duckdb/row_function.h"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "base/error.h"
#include "engine/duckdb/duckdb_result.h"
#include "engine/duckdb/duckdb_types.h"

namespace tidemill::engine::duckdb {
namespace {

using ScalarFunction = Owned<duckdb_scalar_function, &duckdb_destroy_scalar_function>;

struct Registered {
  std::vector<Column> columns;
  std::vector<ColumnLayout> layouts;
  RowFunction compute;
};

void destroy(void* extra) {
  delete static_cast<Registered*>(extra);
}

void make_nan_null(const double* values, size_t count, duckdb_vector vector) {
  if (std::none_of(values, values + count, [](double value) { return std::isnan(value); })) return;
  duckdb_vector_ensure_validity_writable(vector);
  uint64_t* validity = duckdb_vector_get_validity(vector);
  for (size_t i = 0; i < count; ++i) {
    if (std::isnan(values[i])) duckdb_validity_set_row_invalid(validity, i);
  }
}

// Called by the engine from its threads; no exception may leave it.
void call(duckdb_function_info info, duckdb_data_chunk input, duckdb_vector output) {
  const Registered& function = *static_cast<const Registered*>(duckdb_scalar_function_get_extra_info(info));
  try {
    DuckdbBatch batch(function.columns, function.layouts);
    batch.view(input);
    auto* values = static_cast<double*>(duckdb_vector_get_data(output));
    function.compute(batch, values);
    make_nan_null(values, batch.row_count(), output);
  } catch (const std::exception& error) {
    duckdb_scalar_function_set_error(info, error.what());
  }
}

}  // namespace

std::string FunctionNames::next() {
  return fmt::format("tidemill_function_{}", count_++);
}

void add_row_function(duckdb_connection connection, const std::string& name,
                      const std::vector<LogicalType>& arguments, Stability stability, RowFunction compute) {
  const ScalarFunction function(duckdb_create_scalar_function());
  auto registered = std::make_unique<Registered>();
  for (const LogicalType& type : arguments) {
    registered->columns.push_back(
        {fmt::format("argument {} of {}", registered->columns.size() + 1, name), type_name(type.get())});
    registered->layouts.push_back(layout_of(type.get()));
    duckdb_scalar_function_add_parameter(function.get(), type.get());
  }
  registered->compute = std::move(compute);
  duckdb_scalar_function_set_name(function.get(), name.c_str());
  duckdb_scalar_function_set_return_type(function.get(), type_of_name("DOUBLE").get());
  duckdb_scalar_function_set_special_handling(function.get());
  if (stability == Stability::kVolatile) duckdb_scalar_function_set_volatile(function.get());
  duckdb_scalar_function_set_function(function.get(), &call);
  duckdb_scalar_function_set_extra_info(function.get(), registered.release(), &destroy);
  if (duckdb_register_scalar_function(connection, function.get()) != DuckDBSuccess) {
    throw Error(ErrorCode::kInternal, fmt::format("the engine does not take the function {}()", name));
  }
}

}  // namespace tidemill::engine::duckdb
