#include "pipeline/prepare/prepared_files.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <memory>

#include <fmt/format.h>

#include "base/text.h"
#include "pipeline/prepare/rows_in_error.h"

namespace tidemill::pipeline {
namespace {

constexpr char kFormat[] = "FORMAT parquet, COMPRESSION zstd";

engine::RowFunction side_of_row(const Window& window) {
  return [&window](const engine::Batch& batch, double* out) {
    std::vector<int64_t> files(batch.row_count()), rows(batch.row_count());
    batch.copy_int64s(0, files.data(), 0);
    batch.copy_int64s(1, rows.data(), 0);
    for (size_t i = 0; i < rows.size(); ++i) {
      const size_t row = window.row(files[i], rows[i]);
      const Side side = window.train().contains(row)  ? Side::kTrain
                        : window.test().contains(row) ? Side::kTest
                                                      : Side::kNone;
      out[i] = static_cast<double>(side);
    }
  };
}

// As models::apply_preprocessing does it. Tells of values that are there but no finite number.
engine::RowFunction prepare_numeric(models::NumericInput input, std::atomic<bool>& is_finite) {
  return [input = std::move(input), &is_finite](const engine::Batch& batch, double* out) {
    batch.copy_doubles(0, out);
    for (size_t i = 0; i < batch.row_count(); ++i) {
      if (!std::isfinite(out[i]) && !batch.is_null(0, i)) is_finite = false;
      const double present = std::isnan(out[i]) ? input.impute_value : out[i];
      const double capped = std::max(std::min(present, input.cap_high), input.cap_low);
      out[i] = (capped - input.mean) / input.scale;
    }
  };
}

// The index of a row's category, the imputed one for null, -1 for one that is not known.
engine::RowFunction category_index(models::CategoricalInput input) {
  return [input = std::move(input)](const engine::Batch& batch, double* out) {
    const std::vector<std::string>& known = input.categories;
    for (size_t i = 0; i < batch.row_count(); ++i) {
      const std::string_view text = batch.string_at(0, i);
      const auto found = std::lower_bound(known.begin(), known.end(), text,
                                          [](const std::string& a, std::string_view b) { return a < b; });
      const bool is_known = found != known.end() && *found == text;
      out[i] = text.empty() && batch.is_null(0, i) ? static_cast<double>(input.impute_index)
               : is_known                          ? static_cast<double>(found - known.begin())
                                                   : -1;
    }
  };
}

class PreparedFiles {
 public:
  PreparedFiles(const FitContext& context, const Fitted& fitted, const Preparation& preparation)
      : context_(context),
        fitted_(fitted),
        preparation_(preparation),
        is_finite_(preparation.preprocessing.numeric.size()) {
    for (auto& flag : is_finite_) flag = true;
  }

  void write(const std::filesystem::path& dir) {
    const std::string columns = select_list();
    const std::string side =
        context_.session.register_function({"UBIGINT", "BIGINT"}, side_of_row(context_.window));
    const auto copy = [&](engine::Session& session, Side wanted, const char* file) {
      session.execute(
          fmt::format("COPY (SELECT {} FROM ({}) WHERE {}(file_index, file_row_number) = {}) TO {} ({})",
                      columns, fitted_.features_sql, side, static_cast<int>(wanted),
                      quote_literal((dir / file).string()), kFormat));
    };
    try {
      copy(context_.session, Side::kTrain, kTrainFile);
      copy(context_.session, Side::kTest, kTestFile);
    } catch (const Error& error) {
      refuse_failing_feature(error, context_.options.features, fitted_.features_sql, context_.session);
    }
    for (size_t c = 0; c < is_finite_.size(); ++c) {
      if (is_finite_[c]) continue;
      refuse_non_finite(context_.plan.numeric()[c], fitted_.features_sql, context_.window,
                        context_.options.roles, context_.session, context_.store);
    }
  }

 private:
  std::string select_list() {
    std::vector<std::string> items = {quote_identifier(preparation_.roles.key)};
    const models::Preprocessing& preprocessing = preparation_.preprocessing;
    for (size_t c = 0; c < preprocessing.numeric.size(); ++c) {
      const std::string name = quote_identifier(preprocessing.numeric[c].name);
      const std::string function = context_.session.register_function(
          {"DOUBLE"}, prepare_numeric(preprocessing.numeric[c], is_finite_[c]));
      items.push_back(fmt::format("{}(CAST({} AS DOUBLE)) AS {}", function, name, name));
    }
    for (const models::CategoricalInput& input : preprocessing.categorical) {
      const std::string function = context_.session.register_function({"VARCHAR"}, category_index(input));
      for (size_t k = 0; k < input.categories.size(); ++k) {
        items.push_back(fmt::format("CAST({}(CAST({} AS VARCHAR)) = {} AS DOUBLE) AS {}", function,
                                    quote_identifier(input.name), k,
                                    quote_identifier(input.name + "_" + input.categories[k])));
      }
    }
    const std::string target = quote_identifier(preparation_.roles.target);
    items.push_back(fmt::format("CAST({} AS DOUBLE) AS {}", target, target));
    return join(items);
  }

  const FitContext& context_;
  const Fitted& fitted_;
  const Preparation& preparation_;
  std::vector<std::atomic<bool>> is_finite_;  // of each numeric feature
};

}  // namespace

void write_prepared_files(const FitContext& context, const Fitted& fitted, const Preparation& preparation,
                          const std::filesystem::path& dir) {
  PreparedFiles(context, fitted, preparation).write(dir);
}

}  // namespace tidemill::pipeline
