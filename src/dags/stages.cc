#include "dags/stages.h"

#include "dags/model_training.h"
#include "metadata/variables.h"

namespace tidemill::dags {

pipeline::IngestResult generate(StageContext& context, Date date, bool force) {
  pipeline::IngestOptions options = context.options.ingest;
  options.force = force;
  return pipeline::ingest(options, date, context.engine(), context.objects(), context.progress);
}

pipeline::ValidationReport validate(StageContext& context, Date date) {
  return pipeline::validate(context.options.validate, date, context.engine(), context.objects(),
                            context.progress);
}

pipeline::PrepareResult prepare(StageContext& context, Date date, bool force) {
  pipeline::PrepareOptions options = context.options.prepare;
  options.force = force;
  pipeline::PrepareResult result =
      pipeline::prepare(options, date, context.engine(), context.objects(), context.progress);
  move_latest_prepared_data(context, date);
  return result;
}

namespace {

// Days are named by the project's time zone, which is at most 14 hours ahead.
bool has_come(const Clock& clock, Date date) {
  constexpr int64_t kDayMs = 86'400'000;
  return date.days_since_epoch() <= clock.now_ms() / kDayMs + 1;
}

}  // namespace

void move_latest_prepared_data(StageContext& context, Date date) {
  metadata::Transaction transaction(context.metadata());
  const std::optional<std::string> text = metadata::get_variable(context.metadata(), kLatestPreparedData);
  const std::optional<Date> latest = text ? std::optional(Date::parse(*text)) : std::nullopt;
  // A slip in a year would otherwise be the last training that there ever is.
  const bool is_ahead = latest && !has_come(context.clock, *latest) && has_come(context.clock, date);
  if (!latest || *latest < date || is_ahead) {
    metadata::set_variable(context.metadata(), kLatestPreparedData, date.to_string());
  }
  transaction.commit();
}

DayOutcome run_day(StageContext& context, Date date, bool force) {
  DayOutcome day;
  day.date = date;
  day.ingest = generate(context, date, force);
  day.validation = validate(context, date);
  day.preparation = prepare(context, date, force);
  day.training = train(context, force);
  return day;
}

}  // namespace tidemill::dags
