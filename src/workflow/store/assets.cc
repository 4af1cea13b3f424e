// Assets that changed, and the runs that this started.

#include <array>
#include <string_view>

#include "workflow/store.h"
#include "workflow/store/columns.h"

namespace tidemill::workflow {

using namespace store;  // NOLINT(google-build-using-namespace): the rows of this module

namespace {

constexpr char kSelect[] =
    "SELECT e.id, e.asset, e.extra, e.source_dag_id, e.source_run_id, e.source_task_id, e.timestamp_ms "
    "FROM asset_event e ";

std::vector<AssetEvent> events_from(const std::vector<Row>& rows) {
  std::vector<AssetEvent> events;
  for (const Row& row : rows) {
    Columns columns(row);
    AssetEvent event;
    event.id = columns.integer();
    event.asset = columns.text();
    event.extra = columns.text();
    event.source_dag_id = columns.optional_text();
    event.source_run_id = columns.optional_text();
    event.source_task_id = columns.optional_text();
    event.timestamp_ms = columns.integer();
    events.push_back(std::move(event));
  }
  return events;
}

Condition condition_of(const AssetEventFilter& filter) {
  Condition condition;
  condition.add_text("e.asset", filter.asset);
  condition.add_text("e.source_dag_id", filter.source_dag_id);
  condition.add_text("e.source_run_id", filter.source_run_id);
  condition.add_text("e.source_task_id", filter.source_task_id);
  condition.add_pattern("e.asset", filter.asset_pattern);
  condition.add_range("e.timestamp_ms", filter.from_ms, filter.to_ms);
  return condition;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kOrders = {
    {{"id", "e.id"},
     {"timestamp", "e.timestamp_ms"},
     {"source_dag_id", "e.source_dag_id COLLATE \"C\""},
     {"source_run_id", "e.source_run_id COLLATE \"C\""},
     {"source_task_id", "e.source_task_id COLLATE \"C\""}}};

}  // namespace

int64_t Store::add_asset_event(const AssetEvent& event) {
  return write_returning(
             "INSERT INTO asset_event (asset, extra, source_dag_id, source_run_id, source_task_id, "
             "timestamp_ms) "
             "VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
             {event.asset, event.extra, nullable(event.source_dag_id), nullable(event.source_run_id),
              nullable(event.source_task_id), event.timestamp_ms})
      .front()
      .integer(0);
}

void Store::queue_asset_event(const std::string& dag_id, int64_t event_id) {
  write("INSERT INTO asset_event_queue (dag_id, event_id) VALUES (?, ?) ON CONFLICT DO NOTHING",
        {dag_id, event_id});
}

std::vector<AssetEvent> Store::queued_asset_events(const std::string& dag_id) {
  return events_from(database_.query(
      std::string(kSelect) + "JOIN asset_event_queue q ON q.event_id = e.id WHERE q.dag_id = ? ORDER BY e.id",
      {dag_id}));
}

void Store::take_asset_events(const std::string& dag_id, int64_t dag_run_id,
                              const std::vector<int64_t>& event_ids) {
  metadata::Transaction transaction(database_);
  for (const int64_t event_id : event_ids) {
    write("DELETE FROM asset_event_queue WHERE dag_id = ? AND event_id = ?", {dag_id, event_id});
    write("INSERT INTO dag_run_asset_event (dag_run_id, event_id) VALUES (?, ?)", {dag_run_id, event_id});
  }
  transaction.commit();
}

std::vector<AssetEvent> Store::asset_events_of(int64_t dag_run_id) {
  return events_from(database_.query(
      std::string(kSelect) +
          "JOIN dag_run_asset_event d ON d.event_id = e.id WHERE d.dag_run_id = ? ORDER BY e.id",
      {dag_run_id}));
}

std::vector<AssetEvent> Store::list_asset_events(const AssetEventFilter& filter, const Page& page) {
  const Condition condition = condition_of(filter);
  return events_from(database_.query(fmt::format("{}{} {} LIMIT ? OFFSET ?", kSelect, condition.sql,
                                                 order_of(filter.order_by, kOrders, "e.id")),
                                     condition.values_with(page)));
}

int64_t Store::count_asset_events(const AssetEventFilter& filter) {
  const Condition condition = condition_of(filter);
  return database_.query_first("SELECT count(*) FROM asset_event e " + condition.sql, condition.values)
      ->integer(0);
}

std::vector<Asset> Store::assets_with_events() {
  std::vector<Asset> assets;
  for (const Row& row : database_.query("SELECT asset, max(id), max(timestamp_ms), count(*) FROM asset_event "
                                        "GROUP BY asset ORDER BY asset COLLATE \"C\"")) {
    assets.push_back({row.text(0), row.integer(1), row.integer(2), row.integer(3)});
  }
  return assets;
}

}  // namespace tidemill::workflow
