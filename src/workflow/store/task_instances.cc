// Task instances, their tries, and what they returned.

#include <array>
#include <random>
#include <string_view>

#include "workflow/store.h"
#include "workflow/store/columns.h"

namespace tidemill::workflow {

using namespace store;  // NOLINT(google-build-using-namespace): the rows of this module

namespace {

constexpr char kColumns[] =
    "id, dag_id, run_id, task_id, state, try_number, max_tries, scheduled_at_ms, queued_at_ms, start_ms, "
    "end_ms, "
    "next_retry_at_ms, pool, pool_slots, priority_weight, operator, pid, hostname, job_id, note, "
    "run_after_ms";

std::optional<TaskState> optional_state(const std::optional<std::string>& name) {
  if (!name) return std::nullopt;
  const auto state = task_state_named(*name);
  if (!state)
    throw Error(ErrorCode::kCorrupted, fmt::format("the database says '{}', which is no state", *name));
  return state;
}

Value state_value(const std::optional<TaskState>& state) {
  return state ? name_value(*state) : Value();
}

TaskInstance instance_from(const Row& row) {
  Columns columns(row);
  TaskInstance instance;
  instance.id = columns.text();
  instance.dag_id = columns.text();
  instance.run_id = columns.text();
  instance.task_id = columns.text();
  instance.state = optional_state(columns.optional_text());
  instance.try_number = columns.small();
  instance.max_tries = columns.small();
  instance.scheduled_at_ms = columns.optional_integer();
  instance.queued_at_ms = columns.optional_integer();
  instance.start_ms = columns.optional_integer();
  instance.end_ms = columns.optional_integer();
  instance.next_retry_at_ms = columns.optional_integer();
  instance.pool = columns.text();
  instance.pool_slots = columns.small();
  instance.priority_weight = columns.small();
  instance.operator_name = columns.text();
  instance.pid = columns.optional_integer();
  instance.hostname = columns.optional_text();
  instance.job_id = columns.optional_integer();
  instance.note = columns.optional_text();
  instance.run_after_ms = columns.integer();
  return instance;
}

std::vector<TaskInstance> instances_from(const std::vector<Row>& rows) {
  std::vector<TaskInstance> instances;
  instances.reserve(rows.size());
  for (const Row& row : rows) instances.push_back(instance_from(row));
  return instances;
}

std::string select(std::string_view rest) {
  return fmt::format("SELECT {} FROM task_instance {}", kColumns, rest);
}

constexpr char kLogicalDate[] =
    "(SELECT logical_date_ms FROM dag_run r WHERE r.dag_id = task_instance.dag_id AND r.run_id = "
    "task_instance.run_id)";

void add_states(Condition& condition, const std::vector<std::optional<TaskState>>& states) {
  if (states.empty()) return;
  std::string either;
  std::vector<Value> names;
  for (const auto& state : states) {
    if (!either.empty()) either += " OR ";
    either += state ? "state = ?" : "state IS NULL";
    if (state) names.push_back(name_value(*state));
  }
  condition.add("(" + either + ")", std::move(names));
}

Condition condition_of(const TaskFilter& filter) {
  Condition condition;
  condition.add_text("dag_id", filter.dag_id);
  condition.add_text("run_id", filter.run_id);
  condition.add_text("task_id", filter.task_id);
  condition.add_any("dag_id", filter.dag_ids);
  condition.add_any("run_id", filter.run_ids);
  condition.add_any("task_id", filter.task_ids);
  add_states(condition, filter.states);
  condition.add_any("pool", filter.pools);
  condition.add_any("operator", filter.operators);
  condition.add_any("try_number", filter.try_numbers);
  condition.add_pattern("dag_id", filter.dag_id_pattern);
  condition.add_pattern("run_id", filter.run_id_pattern);
  condition.add_pattern("task_id", filter.task_id_pattern);
  condition.add_pattern("pool", filter.pool_pattern);
  condition.add_pattern("operator", filter.operator_pattern);
  condition.add_range("run_after_ms", filter.run_after_from_ms, filter.run_after_to_ms);
  condition.add_range(kLogicalDate, filter.logical_date_from_ms, filter.logical_date_to_ms);
  condition.add_range("start_ms", filter.start_date_from_ms, filter.start_date_to_ms);
  condition.add_range("end_ms", filter.end_date_from_ms, filter.end_date_to_ms);
  condition.add_seconds("start_ms", "end_ms", filter.duration_from_s, filter.duration_to_s);
  return condition;
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 13> kOrders = {
    {{"run_after", "run_after_ms"},
     {"dag_id", "dag_id COLLATE \"C\""},
     {"run_id", "run_id COLLATE \"C\""},
     {"task_id", "task_id COLLATE \"C\""},
     {"state", "state COLLATE \"C\""},
     {"start_date", "start_ms"},
     {"end_date", "end_ms"},
     {"try_number", "try_number"},
     {"pool", "pool COLLATE \"C\""},
     {"id", "id COLLATE \"C\""},
     {"duration", "(end_ms - start_ms)"},
     {"logical_date", kLogicalDate},
     {"operator", "operator COLLATE \"C\""}}};

std::optional<TaskInstance> first_instance(const std::optional<Row>& row) {
  if (!row) return std::nullopt;
  return instance_from(*row);
}

}  // namespace

void Store::add_task_instance(const TaskInstance& instance) {
  write(
      "INSERT INTO task_instance (id, dag_id, run_id, task_id, state, try_number, max_tries, pool, "
      "pool_slots, "
      "priority_weight, operator, run_after_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {instance.id, instance.dag_id, instance.run_id, instance.task_id, state_value(instance.state),
       int64_t{instance.try_number}, int64_t{instance.max_tries}, instance.pool, int64_t{instance.pool_slots},
       int64_t{instance.priority_weight}, instance.operator_name, instance.run_after_ms});
}

std::optional<TaskInstance> Store::find_task_instance(const TaskKey& key) {
  return first_instance(database_.query_first(select("WHERE dag_id = ? AND run_id = ? AND task_id = ?"),
                                              {key.dag_id, key.run_id, key.task_id}));
}

std::optional<TaskInstance> Store::find_task_instance(const std::string& id) {
  return first_instance(database_.query_first(select("WHERE id = ?"), {id}));
}

std::vector<TaskInstance> Store::task_instances_of(const std::string& dag_id, const std::string& run_id) {
  return instances_from(database_.query(
      select("WHERE dag_id = ? AND run_id = ? ORDER BY task_id COLLATE \"C\""), {dag_id, run_id}));
}

std::vector<TaskStatus> Store::task_statuses_of(const std::string& dag_id, const std::string& run_id) {
  std::vector<TaskStatus> statuses;
  for (const Row& row :
       database_.query("SELECT id, task_id, state, job_id, next_retry_at_ms FROM task_instance "
                       "WHERE dag_id = ? AND run_id = ?",
                       {dag_id, run_id})) {
    statuses.push_back({row.text(0), row.text(1), optional_state(row.optional_text(2)),
                        row.optional_integer(3), row.optional_integer(4)});
  }
  return statuses;
}

std::vector<TaskInstance> Store::list_task_instances(const TaskFilter& filter, const Page& page) {
  const Condition condition = condition_of(filter);
  return instances_from(database_.query(
      select(fmt::format("{} {} LIMIT ? OFFSET ?", condition.sql, order_of(filter.order_by, kOrders, "id"))),
      condition.values_with(page)));
}

int64_t Store::count_task_instances(const TaskFilter& filter) {
  const Condition condition = condition_of(filter);
  return database_.query_first("SELECT count(*) FROM task_instance " + condition.sql, condition.values)
      ->integer(0);
}

std::vector<TaskInstance> Store::scheduled_task_instances(const Page& page,
                                                          const std::optional<RunName>& of_run) {
  Condition condition;
  condition.add("state = 'scheduled' AND job_id IS NULL", {});
  if (of_run) {
    condition.add("dag_id = ? AND run_id = ?", {of_run->dag_id, of_run->run_id});
  } else {
    condition.add(
        "EXISTS (SELECT 1 FROM dag d WHERE d.dag_id = task_instance.dag_id AND d.is_paused = 0) "
        "AND EXISTS (SELECT 1 FROM dag_run r WHERE r.dag_id = task_instance.dag_id "
        "AND r.run_id = task_instance.run_id AND r.state = 'running' "
        "AND (r.triggered_by <> 'test' OR r.clear_number > 0))",
        {});
  }
  return instances_from(
      database_.query(select(condition.sql + " ORDER BY priority_weight DESC, run_after_ms, task_id, id "
                                             "LIMIT ? OFFSET ?"),
                      condition.values_with(page)));
}

std::map<std::pair<std::string, std::string>, int64_t> Store::active_task_counts() {
  std::map<std::pair<std::string, std::string>, int64_t> counts;
  // Counted here: to group them, SQLite would go through all tasks there ever were.
  for (const Row& row :
       database_.query("SELECT dag_id, run_id FROM task_instance WHERE job_id IS NOT NULL")) {
    ++counts[{row.text(0), row.text(1)}];
  }
  return counts;
}

bool Store::claim(const TaskInstance& instance) {
  return write(
             "UPDATE task_instance SET state = 'queued', try_number = ?, queued_at_ms = ?, start_ms = NULL, "
             "end_ms = NULL, pid = NULL, hostname = ?, job_id = ? "
             "WHERE id = ? AND state = 'scheduled' AND job_id IS NULL",
             {int64_t{instance.try_number}, nullable(instance.queued_at_ms), nullable(instance.hostname),
              nullable(instance.job_id), instance.id}) == 1;
}

std::vector<TaskInstance> Store::task_instances_of_job(int64_t job_id) {
  return instances_from(database_.query(select("WHERE job_id = ? ORDER BY id COLLATE \"C\""), {job_id}));
}

void Store::update_task_instance(const TaskInstance& instance) {
  write(
      "UPDATE task_instance SET state = ?, try_number = ?, max_tries = ?, scheduled_at_ms = ?, queued_at_ms "
      "= ?, "
      "start_ms = ?, end_ms = ?, next_retry_at_ms = ?, pool = ?, pool_slots = ?, priority_weight = ?, "
      "operator = ?, "
      "pid = ?, hostname = ?, job_id = ?, note = ? WHERE id = ?",
      {state_value(instance.state), int64_t{instance.try_number}, int64_t{instance.max_tries},
       nullable(instance.scheduled_at_ms), nullable(instance.queued_at_ms), nullable(instance.start_ms),
       nullable(instance.end_ms), nullable(instance.next_retry_at_ms), instance.pool,
       int64_t{instance.pool_slots}, int64_t{instance.priority_weight}, instance.operator_name,
       nullable(instance.pid), nullable(instance.hostname), nullable(instance.job_id),
       nullable(instance.note), instance.id});
}

void Store::end_tries_by(int64_t now_ms) {
  write(
      "UPDATE task_instance SET next_retry_at_ms = next_retry_at_ms - (end_ms - ?), end_ms = ?, "
      "start_ms = CASE WHEN start_ms > ? THEN ? ELSE start_ms END WHERE state = 'up_for_retry' AND end_ms > "
      "?",
      {now_ms, now_ms, now_ms, now_ms, now_ms});
}

void Store::keep_try(const TaskInstance& instance) {
  write(
      "INSERT INTO task_instance_history (task_instance_id, dag_id, run_id, task_id, try_number, state, "
      "queued_at_ms, "
      "start_ms, end_ms, pid, hostname) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (dag_id, run_id, task_id, try_number) DO UPDATE SET state = excluded.state, "
      "queued_at_ms = excluded.queued_at_ms, start_ms = excluded.start_ms, end_ms = excluded.end_ms, "
      "pid = excluded.pid, hostname = excluded.hostname",
      {instance.id, instance.dag_id, instance.run_id, instance.task_id, int64_t{instance.try_number},
       state_value(instance.state), nullable(instance.queued_at_ms), nullable(instance.start_ms),
       nullable(instance.end_ms), nullable(instance.pid), nullable(instance.hostname)});
}

std::vector<TaskInstance> Store::tries_of(const TaskKey& key) {
  const auto present = find_task_instance(key);
  if (!present) return {};
  std::vector<TaskInstance> tries;
  for (const Row& row : database_.query(
           "SELECT try_number, state, queued_at_ms, start_ms, end_ms, pid, hostname FROM "
           "task_instance_history "
           "WHERE dag_id = ? AND run_id = ? AND task_id = ? AND try_number < ? ORDER BY try_number",
           {key.dag_id, key.run_id, key.task_id, int64_t{present->try_number}})) {
    Columns columns(row);
    TaskInstance instance = *present;
    instance.try_number = columns.small();
    instance.state = optional_state(columns.optional_text());
    instance.queued_at_ms = columns.optional_integer();
    instance.start_ms = columns.optional_integer();
    instance.end_ms = columns.optional_integer();
    instance.pid = columns.optional_integer();
    instance.hostname = columns.optional_text();
    instance.next_retry_at_ms = std::nullopt;
    tries.push_back(std::move(instance));
  }
  tries.push_back(*present);
  return tries;
}

std::vector<Store::GridRun> Store::grid(const std::string& dag_id, int64_t run_count) {
  std::vector<GridRun> runs;
  RunFilter filter;
  filter.dag_id = dag_id;
  filter.order_by = "-run_after";
  for (DagRun& run : list_runs(filter, {run_count})) runs.push_back({std::move(run), {}});
  std::map<std::string, size_t> place;
  for (size_t i = 0; i < runs.size(); ++i) place[runs[i].run.run_id] = i;
  const std::string sql = select(
      "WHERE dag_id = ? AND run_id IN (SELECT run_id FROM dag_run WHERE dag_id = ? "
      "ORDER BY run_after_ms DESC NULLS LAST, id DESC LIMIT ?) ORDER BY task_id COLLATE \"C\"");
  for (TaskInstance& instance : instances_from(database_.query(sql, {dag_id, dag_id, run_count}))) {
    const auto at = place.find(instance.run_id);
    if (at != place.end()) runs[at->second].tasks.push_back(std::move(instance));
  }
  return runs;
}

std::string new_task_instance_id(int64_t now_ms) {
  std::random_device random;
  std::array<uint32_t, 3> bits{};
  for (uint32_t& word : bits) word = random();
  const auto time = static_cast<uint64_t>(now_ms);
  return fmt::format("{:08x}-{:04x}-7{:03x}-{:04x}-{:04x}{:08x}", (time >> 16) & 0xffffffffU, time & 0xffffU,
                     bits[0] & 0xfffU, 0x8000U | ((bits[0] >> 12) & 0x3fffU), bits[1] & 0xffffU, bits[2]);
}

}  // namespace tidemill::workflow
