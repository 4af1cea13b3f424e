// The settings that stand once in the file: what the project is, where things live, how the stages work.

#include <variant>

#include "app/project_file/declare.h"
#include "base/date.h"
#include "base/parallel.h"
#include "base/time_zone.h"
#include "dags/pipelines.h"

namespace tidemill::app {
namespace {

using pipeline::FilesSource;
using pipeline::SyntheticSource;

using D = Declarations<Project>;

SyntheticSource& synthetic(Project& project) {
  return std::get<SyntheticSource>(project.ingest.source);
}
FilesSource& files(Project& project) {
  return std::get<FilesSource>(project.ingest.source);
}

void declare_project(D& d) {
  d.section("project");
  d.with_default("name", Allowed::name(), "\"tidemill\"", "What the project is called in reports.",
                 [](Project& p, const Value& v) { p.name = v.text; });
  d.with_default("task", Allowed::choice({"regression"}, {"classification"}), "\"regression\"",
                 "What the models predict: a number.", [](Project& p, const Value& v) { p.task = v.text; });
  d.required("key", Allowed::text("a column"), "The column that tells rows apart, unique within a day.",
             [](Project& p, const Value& v) { p.roles.key = v.text; });
  d.optional("time", Allowed::text("a column"),
             "The column with each row's moment. Without it a row has only the day it came with.",
             [](Project& p, const Value& v) { p.roles.time = v.text; });
  d.required("target", Allowed::text("a column"), "The column to predict.",
             [](Project& p, const Value& v) { p.roles.target = v.text; });
  d.with_default("seed", Allowed::integer(0), "42",
                 "Everything random follows from it: the same seed and data give the same bytes.",
                 [](Project& p, const Value& v) { p.seed = static_cast<uint64_t>(v.integer); });
}

void declare_stores(D& d) {
  d.section("storage");
  d.with_default("uri", Allowed::uri({"file", "s3"}, {}), "\"file:data/features\"",
                 "Where raw and prepared data live: a folder (a relative path starts at the project's), or "
                 "`s3://BUCKET/PREFIX`, with keys from where AWS's tools read them.",
                 [](Project& p, const Value& v) { p.storage_uri = v.text; });
  d.optional("endpoint", Allowed::text("an address"),
             "The S3 server, `http://HOST:PORT`; otherwise AWS_ENDPOINT_URL, the profile's, or AWS itself.",
             [](Project& p, const Value& v) { p.stores.s3_endpoint = v.text; });
  d.optional("region", Allowed::text("a region"),
             "The bucket's region; otherwise AWS_REGION, the profile's, or us-east-1.",
             [](Project& p, const Value& v) { p.stores.s3_region = v.text; });
  d.optional(
      "path_style", Allowed::boolean(),
      "Whether the bucket is named in the path, not in the host name; otherwise where there is an endpoint.",
      [](Project& p, const Value& v) { p.stores.s3_path_style = v.boolean; });
  d.optional("ca_file", Allowed::text("a file"),
             "The PEM file of who vouches for the S3 server; otherwise AWS_CA_BUNDLE or the system's.",
             [](Project& p, const Value& v) { p.stores.s3_ca_file = v.text; });
  d.section("metadata");
  d.with_default(
      "uri", Allowed::uri({"sqlite", "postgresql", "postgres"}, {}), "\"sqlite:tidemill.db\"",
      "The database of the project's own state: Variables, open attempts. One project a database or schema.",
      [](Project& p, const Value& v) { p.metadata_uri = v.text; });
  d.section("tracking");
  d.with_default(
      "uri", Allowed::uri({"sqlite", "postgresql", "postgres", "http", "https"}, {}), "\"sqlite:mlflow.db\"",
      "The MLflow database of runs and model versions, not the database or schema of [metadata]; or "
      "`http://HOST:PORT` of an MLflow server.",
      [](Project& p, const Value& v) { p.tracking.uri = v.text; });
  d.with_default("artifacts", Allowed::text("a folder"), "\"data/mlflow\"",
                 "The folder of the runs' files and models, or `s3://BUCKET/PREFIX`; an MLflow server says "
                 "itself where they go.",
                 [](Project& p, const Value& v) { p.tracking.artifacts = v.text; });
  d.with_default("experiment", Allowed::text("a name"), "\"customer_churn_prediction\"",
                 "The experiment that all runs go to.",
                 [](Project& p, const Value& v) { p.tracking.experiment = v.text; });
  d.with_default("model", Allowed::name(), "\"customer_churn_model\"",
                 "The registered model that gets a new version with each training.",
                 [](Project& p, const Value& v) { p.tracking.registered_model = v.text; });
}

void declare_engine(D& d) {
  d.section("engine");
  d.with_default("threads", Allowed::integer(0, 1024), "0",
                 "Threads to work with; 0 for all cores. Never changes a result.",
                 [](Project& p, const Value& v) {
                   p.thread_count = v.integer == 0 ? available_cores() : static_cast<int>(v.integer);
                 });
  d.with_default("memory_limit", Allowed::memory().or_word("auto"), "\"auto\"",
                 "Memory after which the SQL engine spills to disk. Never changes a result.",
                 [](Project& p, const Value& v) { p.memory_limit_bytes = parse_memory(v.text).value_or(0); });
}

void declare_source(D& d) {
  d.section("source");
  d.with_default(
      "kind", Allowed::choice({"synthetic", "files"}), "\"synthetic\"",
      "Where a day's rows come from: made up as in the churn example, or files that land in a folder.",
      [](Project& p, const Value& v) {
        if (v.text == "files") p.ingest.source = FilesSource{};
      });

  d.only_where({{"kind", {"synthetic"}}});
  d.optional("rows", Allowed::integer(1), "Rows a day; drawn from 800 to 1300 when not set.",
             [](Project& p, const Value& v) { synthetic(p).rows = static_cast<uint64_t>(v.integer); });
  d.with_default("missing", Allowed::number(0, 1), "0.05", "Share of attribute cells that are empty.",
                 [](Project& p, const Value& v) { synthetic(p).missing = v.as_double(); });
  d.with_default("outliers", Allowed::number(0, 1), "0.02",
                 "Share of spend, transaction and minute cells that are 5 to 10 times too large.",
                 [](Project& p, const Value& v) { synthetic(p).outliers = v.as_double(); });
  d.with_default("noise", Allowed::number(0, 10), "0.08", "Standard deviation of the target's noise.",
                 [](Project& p, const Value& v) { synthetic(p).noise = v.as_double(); });
  d.optional("drift_from", Allowed::date(), "First day on which customers have changed; never when not set.",
             [](Project& p, const Value& v) { synthetic(p).drift_from = Date::parse(v.text); });
  d.only_where({{"kind", {"synthetic"}}, {"drift_from", {}}});
  d.with_default("drift", Allowed::number(0, 100), "1.0",
                 "How much they change, in units of the built-in shift.",
                 [](Project& p, const Value& v) { synthetic(p).drift = v.as_double(); });

  d.only_where({{"kind", {"files"}}});
  d.required("glob", Allowed::text("a path with * for any part of a name and {date} for the day"),
             "The files that hold a day's rows: \"landing/{date}/*.csv\".",
             [](Project& p, const Value& v) { files(p).glob = v.text; });
  d.optional("date_column", Allowed::text("a column"),
             "The column that says which day a row belongs to, when the path has no {date}.",
             [](Project& p, const Value& v) { files(p).date_column = v.text; });
  d.with_default("format", Allowed::choice({"auto", "csv", "json", "parquet"}), "\"auto\"",
                 "What the files are; \"json\" has one object a line, \"auto\" goes by the ending.",
                 [](Project& p, const Value& v) { files(p).format = v.text == "auto" ? "" : v.text; });
  d.optional("types", Allowed::table("a table of types, { column = \"VARCHAR\" }"),
             "Types that are given instead of inferred: BIGINT, DOUBLE, BOOLEAN, DATE, TIMESTAMP, VARCHAR.",
             [](Project& p, const Value& v) {
               for (const Member& member : v.members) files(p).types[member.key] = member.value.text;
             });
}

void declare_validate(D& d) {
  d.section("validate");
  d.with_default("threshold", Allowed::number(0, 100), "90.0", "The quality score a day should reach.",
                 [](Project& p, const Value& v) { p.validate.score_threshold = v.as_double(); });
  d.with_default(
      "below_threshold", Allowed::choice({"warn", "stop"}), "\"warn\"",
      "What happens to a day with a lower score: go on with a warning, or stop before preparation.",
      [](Project& p, const Value& v) { p.validate.stop_below_threshold = v.text == "stop"; });
}

pipeline::NumericImpute impute_named(const std::string& name) {
  using pipeline::NumericImpute;
  if (name == "mean") return NumericImpute::kMean;
  return name == "zero" ? NumericImpute::kZero : NumericImpute::kMedian;
}

void declare_prepare(D& d) {
  d.section("prepare");
  d.with_default("window", Allowed::integer(1, 100000).or_word("all"), "\"all\"",
                 "How many days back the models learn from; data is cumulative with \"all\".",
                 [](Project& p, const Value& v) {
                   if (!v.is_text()) p.prepare.window_days = static_cast<int>(v.integer);
                 });
  d.with_default("test_fraction", Allowed::number_between(0, 1), "0.2",
                 "Share of each day's rows that is kept for testing, for ever.",
                 [](Project& p, const Value& v) { p.prepare.test_fraction = v.as_double(); });
  d.with_default("stratify_bins", Allowed::integer(1, 1000), "10",
                 "Quantile bins of the target that both sides get their share of; 1 for a plain split.",
                 [](Project& p, const Value& v) { p.prepare.stratify_bins = static_cast<int>(v.integer); });
  d.with_default("drop", Allowed::texts("columns"), "[]", "Raw columns that are no features.",
                 [](Project& p, const Value& v) { p.prepare.drop_columns = v.as_texts(); });
  d.with_default("impute", Allowed::choice({"median", "mean", "zero"}), "\"median\"",
                 "What fills an empty number; an empty category becomes the most frequent one.",
                 [](Project& p, const Value& v) { p.prepare.impute = impute_named(v.text); });
  d.with_default("outliers", Allowed::choice({"cap", "keep"}), "\"cap\"",
                 "Whether numbers are limited to 1.5 interquartile ranges beyond the quartiles.",
                 [](Project& p, const Value& v) { p.prepare.cap_outliers = v.text == "cap"; });
  d.with_default("uncapped", Allowed::texts("columns or features"), "[]",
                 "Columns and features that keep their outliers all the same.",
                 [](Project& p, const Value& v) { p.prepare.uncapped_columns = v.as_texts(); });
  d.with_default("scale", Allowed::choice({"standard", "none"}), "\"standard\"",
                 "Whether numbers become (x - mean) / standard deviation.", [](Project& p, const Value& v) {
                   p.prepare.scale =
                       v.text == "none" ? pipeline::Scaling::kNone : pipeline::Scaling::kStandard;
                 });
  d.with_default("rare_categories", Allowed::number(0, 1), "0.0",
                 "Categories with a smaller share of the training rows than this count as unknown.",
                 [](Project& p, const Value& v) { p.prepare.rare_category_share = v.as_double(); });
}

void declare_train(D& d) {
  d.section("train");
  d.with_default("metric", Allowed::choice(metric_names()), "\"test_rmse\"",
                 "Picks the best model of a training.",
                 [](Project& p, const Value& v) { p.train.metric = v.text; });
  d.section("promote");
  d.with_default("better_than_production", Allowed::boolean(), "true",
                 "Whether the new version must beat the Production version on the same test set.",
                 [](Project& p, const Value& v) { p.train.better_than_production = v.boolean; });
  d.with_default("rules", Allowed::tables("rules"), "[{ metric = \"test_rmse\", threshold = 0.1 }]",
                 "All of them must hold. With an empty list nothing is promoted by itself.",
                 [](Project&, const Value&) {});  // read as blocks of their own
}

void check_time_zone(const std::string& name) {
  TimeZone::find(name);
}

void declare_schedule(D& d) {
  const Allowed schedule = Allowed::checked(
      "a cron expression, a preset such as \"@weekly\", \"asset:NAME\" or \"none\"", dags::check_schedule);
  d.section("schedule");
  d.with_default("data_generation", schedule, "\"@daily\"", "When 01_data_generation_pipeline runs.",
                 [](Project& p, const Value& v) { p.schedule.data_generation = v.text; });
  d.with_default("data_preparation", schedule, "\"asset:raw_data\"",
                 "When 02_data_preparation_pipeline runs: each time 01 has brought raw data.",
                 [](Project& p, const Value& v) { p.schedule.data_preparation = v.text; });
  d.with_default("model_training", schedule, "\"none\"",
                 "When 03_model_training_pipeline runs: by hand, \"@weekly\", or \"asset:prepared_data\" to "
                 "train each time 02 has prepared data.",
                 [](Project& p, const Value& v) { p.schedule.model_training = v.text; });
  d.with_default("time_zone", Allowed::checked("a time zone such as \"Europe/Berlin\"", check_time_zone),
                 "\"UTC\"", "Where the clocks hang that schedules go by; also decides which day it is.",
                 [](Project& p, const Value& v) { p.schedule.time_zone = v.text; });
  d.optional("start_date", Allowed::date(),
             "First day that a schedule covers. When not set, the time that passed last is the first run.",
             [](Project& p, const Value& v) { p.schedule.start_date = Date::parse(v.text); });
  d.with_default("catchup", Allowed::boolean(), "false",
                 "Whether runs that were missed since start_date are made up for, or only the latest.",
                 [](Project& p, const Value& v) { p.schedule.catchup = v.boolean; });
  d.with_default("paused", Allowed::boolean(), "false",
                 "Whether the DAGs of a new project wait for `dags unpause`.",
                 [](Project& p, const Value& v) { p.schedule.paused = v.boolean; });
  d.with_default("retries", Allowed::integer(0, 1000), "1", "How often a failed task is tried again.",
                 [](Project& p, const Value& v) { p.schedule.retries = static_cast<int>(v.integer); });
  d.with_default("retry_delay_s", Allowed::integer(0, 86'400), "60", "Seconds before that.",
                 [](Project& p, const Value& v) { p.schedule.retry_delay_s = v.integer; });
  d.with_default("training_slots", Allowed::integer(1, 1024), "2",
                 "Slots of the pool `training`: how many models are trained at once.",
                 [](Project& p, const Value& v) { p.schedule.training_slots = static_cast<int>(v.integer); });
  d.optional("task_timeout_s", Allowed::integer(1),
             "Seconds after which a task is ended and counts as failed.",
             [](Project& p, const Value& v) { p.schedule.task_timeout_s = v.integer; });
  d.optional("task_memory_limit", Allowed::memory(),
             "Memory after which a task is ended and counts as failed.",
             [](Project& p, const Value& v) { p.schedule.task_memory_limit_bytes = parse_memory(v.text); });
}

std::optional<int> days(const Value& value) {
  return value.is_text() ? std::nullopt : std::optional(static_cast<int>(value.integer));
}

void declare_retention(D& d) {
  const Allowed kept = Allowed::integer(1, 36'500).or_word("forever");
  d.section("retention");
  d.with_default("log_days", kept, "30", "Days that task logs are kept.",
                 [](Project& p, const Value& v) { p.retention.log_days = days(v); });
  d.with_default(
      "run_days", kept, "365",
      "Days that runs of DAGs are kept after they ended, with their tasks; the last one of each DAG "
      "always is.",
      [](Project& p, const Value& v) { p.retention.run_days = days(v); });
  d.with_default("event_days", kept, "365",
                 "Days that entries of the event log, asset events and ended schedulers are kept.",
                 [](Project& p, const Value& v) { p.retention.event_days = days(v); });
}

}  // namespace

const std::vector<Setting<Project>>& project_settings() {
  static const std::vector<Setting<Project>> kSettings = [] {
    D d;
    for (const auto declare :
         {declare_project, declare_stores, declare_engine, declare_source, declare_validate, declare_prepare,
          declare_train, declare_schedule, declare_retention}) {
      declare(d);
    }
    return d.take();
  }();
  return kSettings;
}

}  // namespace tidemill::app
