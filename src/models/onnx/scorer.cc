#include "models/onnx/scorer.h"

#include <algorithm>
#include <array>
#include <functional>
#include <string>

#include <fmt/format.h>
#include <onnxruntime_c_api.h>

#include "base/error.h"
#include "base/parallel.h"
#include "base/shared_library.h"

namespace tidemill::onnx {
namespace {

constexpr char kLibrary[] = "libonnxruntime.so.1.22.1";
constexpr uint32_t kApiVersion = 22;
constexpr size_t kShardRows = 4096;

const OrtApi& load_api() {
  const SharedLibrary library(kLibrary, "to compute predictions");
  const OrtApiBase* base = library.function<decltype(OrtGetApiBase)>("OrtGetApiBase")();
  const OrtApi* api = base->GetApi(kApiVersion);
  if (api == nullptr) {
    throw Error(ErrorCode::kNotFound, fmt::format("{} is version {}, which does not speak API {}", kLibrary,
                                                  base->GetVersionString(), kApiVersion));
  }
  return *api;
}

// Owns one object of ONNX Runtime.
template <typename T>
using Owned = std::unique_ptr<T, std::function<void(T*)>>;

}  // namespace

struct Scorer::Session {
  explicit Session(std::string_view where) : api(load_api()), place(where) {}

  // Takes the status.
  void check(OrtStatus* status, ErrorCode code, const char* doing) const {
    if (status == nullptr) return;
    const std::string message =
        fmt::format("{}: ONNX Runtime cannot {}: {}", place, doing, api.GetErrorMessage(status));
    api.ReleaseStatus(status);
    throw Error(code, message);
  }

  // The name and width of the only input or output.
  std::string describe(bool input, size_t& width) const;
  void open(std::string_view model_bytes);
  void run(const double* rows, size_t row_count, double* out) const;

  const OrtApi& api;
  std::string place;
  Owned<OrtEnv> environment;
  Owned<OrtSession> session;
  Owned<OrtMemoryInfo> memory;
  std::string input_name, output_name;
  size_t input_count = 0, output_count = 0;
};

void Scorer::Session::open(std::string_view model_bytes) {
  constexpr auto kFailed = ErrorCode::kUnavailable;
  OrtEnv* env = nullptr;
  check(api.CreateEnv(ORT_LOGGING_LEVEL_FATAL, "tidemill", &env), kFailed, "start");
  environment = {env, api.ReleaseEnv};
  OrtSessionOptions* raw_options = nullptr;
  check(api.CreateSessionOptions(&raw_options), kFailed, "start");
  const Owned<OrtSessionOptions> options(raw_options, api.ReleaseSessionOptions);
  // One thread: with more, trees are summed in another order. Rows are shared out in predict() instead.
  check(api.SetIntraOpNumThreads(raw_options, 1), kFailed, "start");
  check(api.SetInterOpNumThreads(raw_options, 1), kFailed, "start");
  check(api.SetSessionExecutionMode(raw_options, ORT_SEQUENTIAL), kFailed, "start");
  // There is nothing to optimise in our graphs, and a rewrite could round differently.
  check(api.SetSessionGraphOptimizationLevel(raw_options, ORT_DISABLE_ALL), kFailed, "start");
  check(api.DisableCpuMemArena(raw_options), kFailed, "start");
  OrtSession* raw_session = nullptr;
  check(api.CreateSessionFromArray(env, model_bytes.data(), model_bytes.size(), raw_options, &raw_session),
        ErrorCode::kCorrupted, "load the model");
  session = {raw_session, api.ReleaseSession};
  OrtMemoryInfo* info = nullptr;
  check(api.CreateCpuMemoryInfo(OrtDeviceAllocator, OrtMemTypeDefault, &info), kFailed, "start");
  memory = {info, api.ReleaseMemoryInfo};
  input_name = describe(true, input_count);
  output_name = describe(false, output_count);
}

std::string Scorer::Session::describe(bool input, size_t& width) const {
  constexpr auto kBad = ErrorCode::kCorrupted;
  size_t count = 0;
  check(input ? api.SessionGetInputCount(session.get(), &count)
              : api.SessionGetOutputCount(session.get(), &count),
        kBad, "describe the model");
  OrtTypeInfo* raw_type = nullptr;
  check(input ? api.SessionGetInputTypeInfo(session.get(), 0, &raw_type)
              : api.SessionGetOutputTypeInfo(session.get(), 0, &raw_type),
        kBad, "describe the model");
  const Owned<OrtTypeInfo> type(raw_type, api.ReleaseTypeInfo);
  const OrtTensorTypeAndShapeInfo* tensor = nullptr;
  check(api.CastTypeInfoToTensorInfo(raw_type, &tensor), kBad, "describe the model");
  ONNXTensorElementDataType element = ONNX_TENSOR_ELEMENT_DATA_TYPE_UNDEFINED;
  size_t rank = 0;
  std::array<int64_t, 2> shape{};
  if (tensor != nullptr) {
    check(api.GetTensorElementType(tensor, &element), kBad, "describe the model");
    check(api.GetDimensionsCount(tensor, &rank), kBad, "describe the model");
    if (rank == 2) check(api.GetDimensions(tensor, shape.data(), 2), kBad, "describe the model");
  }
  if (count != 1 || element != ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE || rank != 2 || shape[1] < 1) {
    throw Error(kBad, fmt::format("{}: not a Tidemill model: its {} is not one double matrix [N, columns]",
                                  place, input ? "input" : "output"));
  }
  width = static_cast<size_t>(shape[1]);
  OrtAllocator* allocator = nullptr;
  check(api.GetAllocatorWithDefaultOptions(&allocator), kBad, "describe the model");
  char* name = nullptr;
  check(input ? api.SessionGetInputName(session.get(), 0, allocator, &name)
              : api.SessionGetOutputName(session.get(), 0, allocator, &name),
        kBad, "describe the model");
  std::string out(name);
  check(api.AllocatorFree(allocator, name), kBad, "describe the model");
  return out;
}

void Scorer::Session::run(const double* rows, size_t row_count, double* out) const {
  const auto tensor = [&](double* data, size_t width) {
    const std::array<int64_t, 2> shape{static_cast<int64_t>(row_count), static_cast<int64_t>(width)};
    OrtValue* value = nullptr;
    check(api.CreateTensorWithDataAsOrtValue(memory.get(), data, row_count * width * sizeof(double),
                                             shape.data(), shape.size(), ONNX_TENSOR_ELEMENT_DATA_TYPE_DOUBLE,
                                             &value),
          ErrorCode::kInternal, "take the rows");
    return Owned<OrtValue>(value, api.ReleaseValue);
  };
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): the runtime does not write to an input
  const auto input = tensor(const_cast<double*>(rows), input_count);
  const auto output = tensor(out, output_count);
  const OrtValue* inputs[] = {input.get()};
  OrtValue* outputs[] = {output.get()};
  const char* input_names[] = {input_name.c_str()};
  const char* output_names[] = {output_name.c_str()};
  check(api.Run(session.get(), nullptr, input_names, inputs, 1, output_names, 1, outputs),
        ErrorCode::kInternal, "compute the predictions");
}

Scorer::Scorer(std::string_view model_bytes, std::string_view place)
    : session_(std::make_unique<Session>(place)) {
  session_->open(model_bytes);
}

Scorer::~Scorer() = default;
Scorer::Scorer(Scorer&&) noexcept = default;
Scorer& Scorer::operator=(Scorer&&) noexcept = default;

size_t Scorer::input_count() const {
  return session_->input_count;
}
size_t Scorer::output_count() const {
  return session_->output_count;
}

std::vector<double> Scorer::predict(const double* rows, size_t row_count, int thread_count) const {
  const Session& session = *session_;
  std::vector<double> out(row_count * session.output_count);
  const size_t shards = (row_count + kShardRows - 1) / kShardRows;
  parallel_for(shards, thread_count, [&](size_t shard) {
    const size_t begin = shard * kShardRows;
    const size_t count = std::min(kShardRows, row_count - begin);
    session.run(rows + begin * session.input_count, count, out.data() + begin * session.output_count);
  });
  return out;
}

}  // namespace tidemill::onnx
