#include "server/pages/overview_facts.h"

#include <algorithm>
#include <functional>
#include <limits>

#include "base/error.h"
#include "base/json.h"
#include "dags/pipelines.h"
#include "dags/tasks.h"
#include "metadata/variables.h"
#include "pipeline/dataset.h"
#include "tracking/store.h"

namespace tidemill::server::pages {
namespace {

constexpr int64_t kAliveMs = 30'000;  // Airflow's scheduler_health_check_threshold
constexpr int64_t kVersionCount = 6;

std::optional<int64_t> last_heartbeat_ms(workflow::Store& store) {
  std::optional<int64_t> latest_ms;
  for (const workflow::Job& job : store.running_jobs()) {
    latest_ms = std::max(latest_ms.value_or(0), job.latest_heartbeat_ms);
  }
  return latest_ms;
}

std::vector<DagFacts> read_dags(Call& call) {
  workflow::Store& store = call.operations.store();
  const auto counts = store.run_counts();
  std::vector<DagFacts> all;
  for (const workflow::Dag& dag : call.server.dags) {
    DagFacts facts;
    facts.dag_id = dag.id;
    facts.schedule = workflow::timetable_of(dag).description();
    if (const auto state = store.find_dag(dag.id)) {
      facts.is_paused = state->is_paused;
      if (!state->is_paused) facts.next_run_ms = state->next_run_after_ms;
    }
    workflow::RunFilter filter;
    filter.dag_id = dag.id;
    filter.order_by = "-id";
    auto newest = store.list_runs(filter, {.limit = 1});
    if (!newest.empty()) facts.newest_run = std::move(newest.front());
    if (const auto count = counts.find(dag.id); count != counts.end()) {
      const auto failed = count->second.find(workflow::RunState::kFailed);
      if (failed != count->second.end()) facts.failed_run_count = failed->second;
    }
    all.push_back(std::move(facts));
  }
  return all;
}

PipelineFacts pipeline_of(const std::vector<DagFacts>& dags, const std::string& dag_id) {
  for (const DagFacts& dag : dags) {
    if (dag.dag_id != dag_id) continue;
    PipelineFacts facts{dag.is_paused, std::nullopt, dag.next_run_ms};
    if (dag.newest_run) facts.newest_run = dag.newest_run->state;
    return facts;
  }
  return {};
}

// When the schedule wanted data the last time, and what became of it.
void read_due(Call& call, OverviewFacts& facts) {
  const workflow::Dag& dag = call.operations.dag(dags::kDataGeneration);
  const workflow::Timetable timetable = workflow::timetable_of(dag);
  if (!timetable.is_periodic()) return;
  workflow::TimeRestriction restriction;
  restriction.earliest_ms = dag.start_date_ms;
  restriction.latest_ms = dag.end_date_ms;
  // After a run long ago, without catchup: the latest that is due stands for all missed ones.
  const auto due = timetable.next_run(workflow::DataInterval{0, 0}, restriction, facts.now_ms);
  if (!due || due->run_after_ms > facts.now_ms) return;
  facts.due_ms = due->logical_date_ms();
  if (const auto run = call.operations.store().find_run_of(dag.id, due->logical_date_ms())) {
    facts.due_run = run->state;
  }
  const auto state = call.operations.store().find_dag(dag.id);
  facts.was_known_when_due = state && state->first_seen_at_ms <= due->run_after_ms;
}

std::optional<QualityFacts> read_quality(const storage::ObjectStore& objects, Date date) {
  const std::string key = pipeline::raw_prefix(date) + "/" + pipeline::kValidationReportFile;
  const auto text = objects.get(key);
  if (!text) return std::nullopt;
  const Json report = parse_json(*text, key);
  const auto number = [&](const char* name) {
    return report.is_object() && report.contains(name) && report[name].is_number();
  };
  if (!number("quality_score") || !number("score_threshold")) {
    throw Error(ErrorCode::kCorrupted, key + " is no quality report");
  }
  return QualityFacts{date, report["quality_score"].get<double>(), report["score_threshold"].get<double>(),
                      report.contains("passed") && report["passed"] == true};
}

void read_data(Call& call, OverviewFacts& facts) {
  constexpr size_t kDaysToLookBack = 7;  // for the newest report: the last day may not be checked yet
  storage::ObjectStore& objects = call.project.objects();
  const auto days = pipeline::published_days(objects, "raw_data");
  if (days.empty()) return;
  facts.newest_day = days.back().date;
  if (const auto manifest = pipeline::read_manifest(objects, pipeline::raw_prefix(days.back().date))) {
    facts.newest_day_row_count = manifest->row_count;
  }
  for (size_t back = 0; back < std::min(days.size(), kDaysToLookBack) && !facts.quality; ++back) {
    facts.quality = read_quality(objects, days[days.size() - 1 - back].date);
  }
}

// What cannot be read hides nothing else: it is told on the page.
void keep_going(const std::function<void()>& read, std::vector<std::string>& problems) {
  try {
    read();
  } catch (const Error& error) {
    problems.push_back(error.message());
  }
}

VersionFacts version_facts(tracking::Store& store, const tracking::ModelVersion& version) {
  VersionFacts facts{version.version, version.current_stage, version.tag("tidemill.model").value_or(""),
                     version.tag("tidemill.data_date").value_or("")};
  if (const auto run = version.run_id ? store.find_run(*version.run_id) : std::nullopt) {
    facts.test_rmse = run->metric("test_rmse");
  }
  return facts;
}

void read_versions(Call& call, Overview& overview) {
  tracking::Store& store = call.project.tracking();
  const std::string& name = call.project.options().registered_model;
  tracking::ModelVersionQuery query;
  query.conditions = {tracking::attribute_equals("name", name)};
  query.order_by = {{tracking::Field::kAttribute, "version_number", /*ascending=*/false}};
  query.page.max_results = kVersionCount;
  for (const tracking::ModelVersion& version : store.search_model_versions(query).items) {
    overview.versions.push_back(version_facts(store, version));
    overview.facts.test_rmse.push_back(
        overview.versions.back().test_rmse.value_or(std::numeric_limits<double>::quiet_NaN()));
  }
  if (overview.versions.empty()) return;
  overview.facts.newest_version = overview.versions.front().version;
  const auto production = store.get_latest_versions(name, {std::string(tracking::kStageProduction)});
  if (production.empty()) return;
  overview.production = version_facts(store, production.front());
  overview.facts.production_version = production.front().version;
}

}  // namespace

Overview read_overview(Call& call) {
  Overview overview;
  OverviewFacts& facts = overview.facts;
  facts.now_ms = call.server.clock.now_ms();
  overview.heartbeat_ms = last_heartbeat_ms(call.operations.store());
  facts.scheduler_is_alive = overview.heartbeat_ms && facts.now_ms - *overview.heartbeat_ms < kAliveMs;
  overview.dags = read_dags(call);
  facts.generation = pipeline_of(overview.dags, dags::kDataGeneration);
  facts.preparation = pipeline_of(overview.dags, dags::kDataPreparation);
  facts.training = pipeline_of(overview.dags, dags::kModelTraining);
  read_due(call, facts);
  keep_going([&] { read_data(call, facts); }, overview.problems);
  facts.latest_prepared_data = metadata::get_variable(call.project.metadata(), dags::kLatestPreparedData);
  facts.last_trained_data = metadata::get_variable(call.project.metadata(), dags::kLastTrainedData);
  facts.feature_count = call.project.options().prepare.features.size();
  keep_going([&] { read_versions(call, overview); }, overview.problems);
  return overview;
}

}  // namespace tidemill::server::pages
