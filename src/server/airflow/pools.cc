// /api/v2/pools (airflow.api_fastapi.core_api.routes.public.pools).

#include <algorithm>
#include <limits>

#include <fmt/format.h>

#include "base/error.h"
#include "server/airflow/lookups.h"
#include "server/airflow/query.h"

namespace tidemill::server::airflow {
namespace {

using workflow::Pool;

const OrderNames kOrders = {{"id", "name"}, {"pool", "name"}, {"name", "name"}};

Error no_such_pool(const std::string& name) {
  return {ErrorCode::kNotFound, fmt::format("The Pool with name: `{}` was not found", name)};
}

Pool find_pool(Call& call, const std::string& name) {
  if (auto found = call.operations.store().find_pool(name)) return *found;
  throw no_such_pool(name);
}

net::Response list(Call& call, const Input& input) {
  std::vector<Pool> pools;
  const workflow::Pattern pattern = pattern_of(input.query, "pool_name");
  for (Pool& one : call.operations.store().list_pools()) {
    if (matches(pattern, one.name)) pools.push_back(std::move(one));
  }
  if (order_of(input.query, kOrders, "name").starts_with('-')) std::reverse(pools.begin(), pools.end());
  Json items = Json::array();
  for (const Pool& one : page_of_items(pools, page_of(input.query))) items.push_back(pool_document(one));
  return net::Response::json(collection("pools", std::move(items), static_cast<int64_t>(pools.size())));
}

net::Response get(Call& call, const Input& input) {
  return net::Response::json(pool_document(find_pool(call, input.text("pool_name"))));
}

int slots_of(int64_t wanted) {
  return static_cast<int>(std::min<int64_t>(wanted, std::numeric_limits<int>::max()));
}

net::Response create(Call& call, const Input& input) {
  refuse_team(input.body);
  Pool pool;
  pool.name = input.body.at("name").get<std::string>();
  pool.slots = slots_of(input.body.at("slots").get<int64_t>());
  pool.description = optional_text(input.body, "description");
  pool.include_deferred = input.body.at("include_deferred").get<bool>();
  metadata::Transaction transaction(call.operations.store().database());
  if (call.operations.store().find_pool(pool.name)) return not_unique();
  call.operations.set_pool(pool);
  transaction.commit();
  return net::Response::json(pool_document(find_pool(call, pool.name)));
}

net::Response change(Call& call, const Input& input) {
  refuse_team(input.body);
  const std::string& name = input.text("pool_name");
  if (optional_text(input.body, "pool").value_or(name) != name) {
    throw Error(ErrorCode::kInvalidArgument,
                "Invalid body, pool name from request body doesn't match uri parameter");
  }
  metadata::Transaction transaction(call.operations.store().database());
  Pool pool = find_pool(call, name);
  if (input.is_to_change("slots")) {
    pool.slots = slots_of(optional_integer(input.body, "slots").value_or(pool.slots));
  }
  if (input.is_to_change("description")) pool.description = optional_text(input.body, "description");
  if (input.is_to_change("include_deferred")) {
    pool.include_deferred = optional_boolean(input.body, "include_deferred").value_or(pool.include_deferred);
  }
  call.operations.set_pool(pool);
  transaction.commit();
  return net::Response::json(pool_document(find_pool(call, name)));
}

net::Response remove(Call& call, const Input& input) {
  const std::string& name = input.text("pool_name");
  if (name != workflow::kDefaultPool) find_pool(call, name);
  call.operations.delete_pool(name);
  return net::Response::no_content();
}

}  // namespace

std::vector<Operation> pool_operations() {
  const Fields mask = {text("update_mask").list().optional(Json::array())};
  const char* const all = "/api/v2/pools";
  const char* const one = "/api/v2/pools/{pool_name}";
  return {
      {"GET", all, list, "get_pools", "Pool", "List pools",
       joined({page_fields(kOrders), pattern_fields("pool_name")}), nullptr, "PoolCollectionResponse"},
      {"POST", all, create, "post_pool", "Pool", "Create a pool", {}, "PoolBody", "PoolResponse", 201},
      {"GET", one, get, "get_pool", "Pool", "Get a pool", {}, nullptr, "PoolResponse"},
      {"PATCH", one, change, "patch_pool", "Pool", "Change a pool", mask, "PoolPatchBody", "PoolResponse"},
      {"DELETE", one, remove, "delete_pool", "Pool", "Delete a pool", {}, nullptr, nullptr, 204},
  };
}

}  // namespace tidemill::server::airflow
