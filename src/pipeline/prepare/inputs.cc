#include "pipeline/prepare/inputs.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.h"
#include "base/text.h"

namespace tidemill::pipeline {
namespace {

void check_options(const PrepareOptions& options) {
  if (!(options.test_fraction > 0 && options.test_fraction < 1)) {
    throw Error(
        ErrorCode::kInvalidArgument,
        fmt::format("prepare.test_fraction = {}: it must lie between 0 and 1", options.test_fraction));
  }
  if (options.window_days && *options.window_days < 1) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("prepare.window = {}: it must be at least 1 day", *options.window_days));
  }
}

std::string columns_text(const std::vector<engine::Column>& columns) {
  std::vector<std::string> parts;
  for (const engine::Column& column : columns) parts.push_back(column.name + " " + column.type);
  return join(parts);
}

// All days of a window have the columns of its last one; ingest keeps it so, and this is where it matters.
void check_same_columns(const std::vector<SplitDay>& days) {
  for (const SplitDay& day : days) {
    if (day.raw.columns == days.back().raw.columns) continue;
    throw Error(ErrorCode::kSchemaChanged,
                fmt::format("the raw data of {} has the columns {}, that of {} has {}", day.date.to_string(),
                            columns_text(day.raw.columns), days.back().date.to_string(),
                            columns_text(days.back().raw.columns)));
  }
}

std::vector<SplitDay> window_of(std::vector<SplitDay> days, const PrepareOptions& options, Date date) {
  if (options.window_days) {
    const Date first = date.plus_days(1 - *options.window_days);
    std::erase_if(days, [&](const SplitDay& day) { return day.date < first; });
  }
  if (days.empty()) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("there is no raw data in the window that ends with {}", date.to_string()));
  }
  return days;
}

}  // namespace

PrepareInputs read_inputs(const PrepareOptions& options, Date date, engine::Engine& engine,
                          storage::ObjectStore& store, Progress& progress) {
  Manifest latest_raw = latest_raw_manifest(options, date, store);
  FeaturePlan plan(options, latest_raw.columns, engine);
  const SplitOptions split_options = {
      options.roles, {options.test_fraction, options.stratify_bins}, options.thread_count};
  std::vector<SplitDay> days =
      window_of(ensure_splits(split_options, date, engine, store, progress), options, date);
  check_same_columns(days);
  return {std::move(latest_raw), std::move(plan), std::move(days)};
}

Manifest latest_raw_manifest(const PrepareOptions& options, Date date, const storage::ObjectStore& store) {
  check_options(options);
  const std::vector<Date> dates = raw_days(store, std::nullopt, date);
  if (dates.empty()) {
    throw Error(ErrorCode::kNotFound,
                fmt::format("there is no raw data up to {}: run `tidemill generate --date {}`",
                            date.to_string(), date.to_string()));
  }
  return read_manifest(store, raw_prefix(dates.back())).value();
}

void check_sides(const Window& window, const TableRoles& roles) {
  const size_t train = window.train().count(), test = window.test().count();
  if (train + test == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                window.row_count() == 0
                    ? "the raw data of the window has no rows"
                    : fmt::format("the target {} is null in all {} rows", roles.target, window.row_count()));
  }
  if (train == 0 || test == 0) {
    throw Error(ErrorCode::kInvalidArgument,
                fmt::format("{} rows with a target are too few to split: {} for training, {} for testing",
                            train + test, train, test));
  }
}

std::string PrepareInputs::type_of(const std::string& name) const {
  return std::find_if(latest_raw.columns.begin(), latest_raw.columns.end(),
                      [&](const auto& column) { return same_name(column.name, name); })
      ->type;
}

}  // namespace tidemill::pipeline
