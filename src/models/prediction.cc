#include "models/prediction.h"

#include <algorithm>

#include "base/parallel.h"

namespace tidemill::models {
namespace {

constexpr size_t kShardRows = 4096;

std::vector<double> predict_shard(const Preprocessing& preprocessing, const Model& model, const double* rows,
                                  size_t row_count) {
  const size_t column_count = preprocessing.output_count();
  const std::vector<double> prepared = apply_preprocessing(preprocessing, rows, row_count);
  std::vector<double> columns(prepared.size());
  for (size_t r = 0; r < row_count; ++r) {
    for (size_t c = 0; c < column_count; ++c) columns[c * row_count + r] = prepared[r * column_count + c];
  }
  const std::vector<float> columns_f32(columns.begin(), columns.end());
  return model.predict({row_count, column_count, columns.data(), columns_f32.data(), nullptr}, 1);
}

}  // namespace

std::vector<double> predict_inputs(const Preprocessing& preprocessing, const Model& model, const double* rows,
                                   size_t row_count, int thread_count) {
  std::vector<double> out(row_count);
  parallel_for((row_count + kShardRows - 1) / kShardRows, thread_count, [&](size_t shard) {
    const size_t begin = shard * kShardRows;
    const size_t count = std::min(kShardRows, row_count - begin);
    const std::vector<double> part =
        predict_shard(preprocessing, model, rows + begin * preprocessing.input_count(), count);
    std::copy(part.begin(), part.end(), out.begin() + static_cast<std::ptrdiff_t>(begin));
  });
  return out;
}

}  // namespace tidemill::models
