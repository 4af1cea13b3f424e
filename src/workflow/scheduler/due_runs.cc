#include "workflow/scheduler/due_runs.h"

#include <algorithm>
#include <map>
#include <set>

#include "workflow/runs.h"

namespace tidemill::workflow {
namespace {

// As Airflow, those of backfills do not keep the schedule waiting: they come after all others.
int64_t count_active(Store& store, const std::string& dag_id) {
  RunFilter filter;
  filter.dag_id = dag_id;
  filter.leaves_out_backfills = true;
  filter.leaves_out_tests = true;
  filter.states = {RunState::kQueued, RunState::kRunning};
  return store.count_runs(filter);
}

DagRun run_for(const Dag& dag, RunType type, int64_t now_ms) {
  DagRun run;
  run.dag_id = dag.id;
  run.run_type = type;
  run.queued_at_ms = now_ms;
  run.conf = dag.default_conf;
  return run;
}

// False when there is one of that name or logical date already: the clock was set back, or somebody ran it.
bool add_scheduled_run(Store& store, const DagGraph& graph, const RunInfo& info, int64_t now_ms) {
  const Dag& dag = graph.dag();
  DagRun run = run_for(dag, RunType::kScheduled, now_ms);
  run.run_after_ms = info.run_after_ms;
  run.logical_date_ms = info.logical_date_ms();
  run.data_interval_start_ms = info.data_interval.start_ms;
  run.data_interval_end_ms = info.data_interval.end_ms;
  run.run_id = new_run_id(run.run_type, info.logical_date_ms());
  run.triggered_by = TriggeredBy::kTimetable;
  const bool is_new =
      !store.find_run(dag.id, run.run_id) && !store.find_run_of(dag.id, info.logical_date_ms());
  if (is_new) create_run(store, graph, run);
  store.set_last_interval(dag.id, info.data_interval.start_ms, info.data_interval.end_ms);
  return is_new;
}

void add_asset_run(Store& store, const DagGraph& graph, const std::vector<AssetEvent>& events,
                   int64_t now_ms) {
  const Dag& dag = graph.dag();
  DagRun run = run_for(dag, RunType::kAssetTriggered, now_ms);
  run.run_after_ms = now_ms;
  run.triggered_by = TriggeredBy::kAsset;
  const AssetEvent& last = events.back();
  if (events.size() == 1 && last.source_dag_id && last.source_run_id) {
    if (const auto source = store.find_run(*last.source_dag_id, *last.source_run_id)) {
      run.logical_date_ms = source->logical_date_ms;
      run.data_interval_start_ms = source->data_interval_start_ms;
      run.data_interval_end_ms = source->data_interval_end_ms;
    }
  }
  run.run_id = new_run_id(run.run_type, now_ms);
  run = create_run(store, graph, run);
  std::vector<int64_t> ids;
  for (const AssetEvent& event : events) ids.push_back(event.id);
  store.take_asset_events(dag.id, run.id, ids);
}

// One asset is waited for, or any: a run for each event, so that no day's data is passed over. Several: a run
// once all have changed.
void create_asset_runs(Store& store, const DagGraph& graph, int64_t now_ms) {
  const Dag& dag = graph.dag();
  const std::vector<AssetEvent> events = store.queued_asset_events(dag.id);
  if (dag.schedule_assets.size() == 1 || dag.any_asset_is_enough) {
    for (const AssetEvent& event : events) add_asset_run(store, graph, {event}, now_ms);
    return;
  }
  std::set<std::string> changed;
  for (const AssetEvent& event : events) changed.insert(event.asset);
  const bool have_all = std::all_of(dag.schedule_assets.begin(), dag.schedule_assets.end(),
                                    [&](const std::string& asset) { return changed.contains(asset); });
  if (have_all && !events.empty()) add_asset_run(store, graph, events, now_ms);
}

std::optional<DataInterval> last_interval(const DagState& state) {
  if (!state.last_interval_start_ms) return std::nullopt;
  return DataInterval{*state.last_interval_start_ms,
                      state.last_interval_end_ms.value_or(*state.last_interval_start_ms)};
}

// The clock was ahead when the last run was made: what is due in between has not been made. What has is found
// by its date when its time comes.
void forget_the_future(Store& store, DagState& state, int64_t now_ms) {
  if (state.last_interval_start_ms.value_or(now_ms) <= now_ms) return;
  RunFilter filter;
  filter.dag_id = state.dag_id;
  filter.run_types = {RunType::kScheduled};
  filter.logical_date_to_ms = now_ms;
  filter.order_by = "-logical_date";
  const std::vector<DagRun> last = store.list_runs(filter, {1});
  state.last_interval_start_ms = last.empty() ? std::nullopt : last.front().data_interval_start_ms;
  state.last_interval_end_ms = last.empty() ? std::nullopt : last.front().data_interval_end_ms;
}

bool is_over(Store& store, const BackfillRun& run) {
  if (!run.dag_run_id) return true;
  const auto found = store.find_run(*run.dag_run_id);
  return !found || is_finished(found->state);
}

// Backfills come last, in the order that they ask for, whatever day or id a run of them has.
// Source: airflow.models.dagrun.DagRun.get_queued_dag_runs_to_set_running.
void put_backfill_last(Store& store, const std::optional<Backfill>& backfill, std::vector<DagRun>& queued) {
  std::map<int64_t, size_t> places;
  if (backfill) {
    for (const BackfillRun& run : store.runs_of_backfill(backfill->id)) {
      if (run.dag_run_id) places.emplace(*run.dag_run_id, places.size() + 1);
    }
  }
  const auto place = [&](const DagRun& run) {
    const auto found = places.find(run.id);
    return found == places.end() ? 0 : found->second;
  };
  std::stable_sort(queued.begin(), queued.end(),
                   [&](const DagRun& a, const DagRun& b) { return place(a) < place(b); });
}

// What was due once is due, also when the clock was set back since.
bool is_early(const DagRun& run, int64_t now_ms) {
  return run.clear_number == 0 && run.run_after_ms > std::max(now_ms, run.queued_at_ms);
}

void set_next_run(Store& store, DagState state, const std::optional<RunInfo>& info) {
  const std::optional<int64_t> run_after_ms = info ? std::optional(info->run_after_ms) : std::nullopt;
  if (state.next_run_after_ms == run_after_ms) return;
  state.next_run_after_ms = run_after_ms;
  state.next_interval_start_ms = info ? std::optional(info->data_interval.start_ms) : std::nullopt;
  state.next_interval_end_ms = info ? std::optional(info->data_interval.end_ms) : std::nullopt;
  store.set_next_run(state);
}

}  // namespace

std::optional<RunInfo> next_run_of(const Dag& dag, const Timetable& timetable, const DagState& state,
                                   int64_t now_ms) {
  TimeRestriction restriction = {dag.start_date_ms, dag.end_date_ms, dag.catchup};
  if (dag.catchup && !restriction.earliest_ms) restriction.earliest_ms = state.first_seen_at_ms;
  return timetable.next_run(last_interval(state), restriction, now_ms);
}

std::optional<int64_t> create_due_runs(Store& store, const DagGraph& graph, const Timetable& timetable,
                                       int64_t now_ms) {
  const Dag& dag = graph.dag();
  const std::optional<DagState> found = store.find_dag(dag.id);
  if (!found) return std::nullopt;
  if (!dag.schedule_assets.empty()) {
    if (!found->is_paused) create_asset_runs(store, graph, now_ms);
    return std::nullopt;
  }
  DagState state = *found;
  const int limit = std::min(dag.max_active_runs, timetable.active_run_limit().value_or(dag.max_active_runs));
  if (timetable.kind() != Timetable::Kind::kOnce) forget_the_future(store, state, now_ms);
  while (true) {
    const std::optional<RunInfo> info = next_run_of(dag, timetable, state, now_ms);
    set_next_run(store, state, info);
    if (!info || state.is_paused) return std::nullopt;
    if (info->run_after_ms > now_ms) return info->run_after_ms;
    // @continuous within one millisecond
    if (last_interval(state) == info->data_interval) return now_ms + 1;
    if (count_active(store, dag.id) >= limit) return std::nullopt;  // looked at again when one ends
    add_scheduled_run(store, graph, *info, now_ms);
    state.last_interval_start_ms = info->data_interval.start_ms;
    state.last_interval_end_ms = info->data_interval.end_ms;
  }
}

StartedRuns start_queued_runs(Store& store, const Dag& dag, int64_t now_ms) {
  StartedRuns started;
  RunFilter filter;
  filter.dag_id = dag.id;
  filter.states = {RunState::kQueued};
  filter.order_by = "run_after";
  std::vector<DagRun> queued = store.list_runs(filter, {-1});
  if (queued.empty()) return started;
  const std::optional<DagState> state = store.find_dag(dag.id);
  if (!state || state->is_paused) return started;
  filter.states = {RunState::kRunning};
  filter.leaves_out_tests = true;
  int64_t active = store.count_runs(filter);
  const std::optional<Backfill> backfill = store.active_backfill(dag.id);
  int64_t active_in_backfill = 0;
  if (backfill) {
    filter.backfill_id = backfill->id;
    active_in_backfill = store.count_runs(filter);
  }
  put_backfill_last(store, backfill, queued);
  for (DagRun& run : queued) {
    if (active >= dag.max_active_runs) break;
    if (is_early(run, now_ms)) {
      started.next_ms = std::min(started.next_ms.value_or(run.run_after_ms), run.run_after_ms);
      continue;
    }
    if (run.backfill_id && backfill && run.backfill_id == backfill->id) {
      if (backfill->is_paused || active_in_backfill >= backfill->max_active_runs) continue;
      ++active_in_backfill;
    }
    run.state = RunState::kRunning;
    if (!run.start_ms) {
      run.start_ms = std::max(now_ms, run.queued_at_ms);
      add_start_deadlines(store, dag, run);
    }
    store.update_run(run);
    started.runs.push_back(run);
    ++active;
  }
  return started;
}

void end_finished_backfill(Store& store, const std::string& dag_id, int64_t now_ms) {
  std::optional<Backfill> backfill = store.active_backfill(dag_id);
  if (!backfill) return;
  const std::vector<BackfillRun> runs = store.runs_of_backfill(backfill->id);
  if (!std::all_of(runs.begin(), runs.end(), [&](const BackfillRun& run) { return is_over(store, run); }))
    return;
  backfill->completed_at_ms = now_ms;
  store.update_backfill(*backfill);
}

}  // namespace tidemill::workflow
