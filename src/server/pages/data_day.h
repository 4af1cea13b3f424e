#pragma once
// One day of a dataset: what its pages share.

#include <string>

#include "base/date.h"
#include "pipeline/dataset.h"
#include "server/call.h"
#include "server/pages/html.h"

namespace tidemill::server::pages {

// "/data/raw_data/2026-11-01"
std::string data_path(const std::string& dataset, Date date);

struct DataDay {
  std::string dataset;  // "raw_data" or "prepared_data"
  Date date;
  std::string prefix;  // of its objects
  pipeline::Manifest manifest;
};

// Of a request below /data/{dataset}/{date}. Errors: kNotFound for another dataset and for a day without one,
// kInvalidArgument for what is no day, kCorrupted.
DataDay data_day(Call& call);

// The file that columns and rows are shown of: ?file=, else the first. Errors: kNotFound for one that the
// manifest does not list or that is no Parquet.
std::string shown_file(Call& call, const DataDay& day);

// Parts of the page.
Html data_columns(Call& call, const DataDay& day);  // how their values are spread
Html data_rows(Call& call, const DataDay& day);     // some rows

}  // namespace tidemill::server::pages
