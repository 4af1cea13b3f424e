// What runs read and made: datasets, logged models.

#include <algorithm>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "base/id.h"
#include "tracking/sql/rows.h"
#include "tracking/sql/sql_store.h"
#include "tracking/validation.h"

namespace tidemill::tracking::sql {

std::string SqlStore::put_dataset(int64_t experiment_id, const Dataset& dataset) {
  const auto row = database_->query_first(
      "SELECT dataset_uuid FROM datasets WHERE experiment_id = ? AND name = ? AND digest = ?",
      {experiment_id, dataset.name, dataset.digest});
  if (row) return row->text(0);
  std::string id = new_id();
  database_->execute(
      "INSERT INTO datasets (dataset_uuid, experiment_id, name, digest, dataset_source_type, dataset_source, "
      "dataset_schema, dataset_profile) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
      {id, experiment_id, dataset.name, dataset.digest, dataset.source_type, dataset.source,
       metadata::nullable(dataset.schema), metadata::nullable(dataset.profile)});
  return id;
}

void SqlStore::log_inputs(const std::string& run_id, const std::vector<DatasetInput>& datasets,
                          const std::vector<std::string>& model_ids) {
  check_run_id(run_id);
  for (const DatasetInput& input : datasets) check_dataset_input(input);
  metadata::Transaction transaction(*database_);
  const int64_t experiment_id = require_active_run(run_id);
  constexpr std::string_view kInsert =
      "INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id, step) "
      "VALUES (?, ?, ?, ?, ?, 0) ON CONFLICT (source_type, source_id, destination_type, destination_id) DO "
      "NOTHING";
  for (const DatasetInput& input : datasets) {
    const std::string input_id = new_id();
    const std::string dataset_id = put_dataset(experiment_id, input.dataset);
    const int64_t added = database_->execute(
        kInsert, {input_id, std::string("DATASET"), dataset_id, std::string("RUN"), run_id});
    if (added == 0) continue;  // the same dataset again: the first one's tags stay
    for (const Tag& tag : input.tags) {
      database_->execute("INSERT INTO input_tags (input_uuid, name, value) VALUES (?, ?, ?)",
                         {input_id, tag.key, tag.value});
    }
  }
  for (const std::string& model_id : model_ids) {
    database_->execute(kInsert,
                       {new_id(), std::string("RUN_INPUT"), run_id, std::string("MODEL_INPUT"), model_id});
  }
  transaction.commit();
}

void SqlStore::log_outputs(const std::string& run_id, const std::vector<ModelOutput>& models) {
  metadata::Transaction transaction(*database_);
  require_active_run(run_id);
  for (const ModelOutput& model : models) {
    database_->execute(
        "INSERT INTO inputs (input_uuid, source_type, source_id, destination_type, destination_id, step) "
        "VALUES (?, 'RUN_OUTPUT', ?, 'MODEL_OUTPUT', ?, ?) "
        "ON CONFLICT (source_type, source_id, destination_type, destination_id) DO NOTHING",
        {new_id(), run_id, model.model_id, model.step});
  }
  transaction.commit();
}

void SqlStore::load_run_inputs(std::vector<Run>& runs) {
  constexpr size_t kChunk = 100;
  for (size_t begin = 0; begin < runs.size(); begin += kChunk) {
    const size_t end = std::min(begin + kChunk, runs.size());
    std::unordered_map<std::string_view, Run*> by_id;
    std::vector<metadata::Value> ids;
    for (size_t i = begin; i < end; ++i) {
      by_id[runs[i].info.run_id] = &runs[i];
      ids.emplace_back(runs[i].info.run_id);
    }
    const std::string in_list = placeholders(ids.size());
    std::string input_id;
    for (const metadata::Row& row : database_->query(
             fmt::format("SELECT i.destination_id, i.input_uuid, d.name, d.digest, d.dataset_source_type, "
                         "d.dataset_source, d.dataset_schema, d.dataset_profile, t.name, t.value "
                         "FROM inputs i JOIN datasets d ON d.dataset_uuid = i.source_id "
                         "LEFT JOIN input_tags t ON t.input_uuid = i.input_uuid "
                         "WHERE i.destination_type = 'RUN' AND i.source_type = 'DATASET' "
                         "AND i.destination_id IN ({}) ORDER BY d.name COLLATE \"C\", d.digest COLLATE "
                         "\"C\", i.input_uuid COLLATE \"C\", t.name COLLATE \"C\"",
                         in_list),
             ids)) {
      std::vector<DatasetInput>& inputs = by_id.at(row.text(0))->dataset_inputs;
      if (row.text(1) != input_id) {
        input_id = row.text(1);
        inputs.push_back(
            {{row.text(2), row.text(3), row.text(4), row.text(5), row.optional_text(6), row.optional_text(7)},
             {}});
      }
      if (!row.is_null(8)) inputs.back().tags.push_back({row.text(8), row.text(9)});
    }
    for (const metadata::Row& row : database_->query(
             fmt::format("SELECT source_id, source_type, destination_id, step FROM inputs "
                         "WHERE source_type IN ('RUN_INPUT', 'RUN_OUTPUT') AND source_id IN ({}) "
                         "ORDER BY step, destination_id COLLATE \"C\"",
                         in_list),
             ids)) {
      Run& run = *by_id.at(row.text(0));
      if (row.text(1) == "RUN_INPUT") {
        run.model_inputs.push_back(row.text(2));
      } else {
        run.model_outputs.push_back({row.text(2), row.integer(3)});
      }
    }
  }
}

}  // namespace tidemill::tracking::sql
