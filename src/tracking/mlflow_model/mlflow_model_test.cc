#include "tracking/mlflow_model/mlflow_model.h"

#include <cmath>
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/error.h"
#include "base/json.h"

namespace tidemill::tracking {
namespace {

namespace fs = std::filesystem;

class MlflowModelTest : public testing::Test {
 protected:
  MlflowModelTest() : dir_(fs::path(testing::TempDir()) / ("tidemill_model_" + std::to_string(::getpid()))) {
    fs::remove_all(dir_);
    fs::create_directories(dir_);
    model_.model_id = "m-1";
    model_.run_id = "12e4";  // a number to YAML, were it not quoted
    model_.created_ms = 1'793'491'200'123;
    model_.onnx = "graph";
    model_.preparation_json = "{}";
    model_.engine_version = "v1.5.5";
    model_.raw_columns = {{"customer_id", "VARCHAR", false}, {"a \"b\"", "DOUBLE", true}};
    model_.example_rows = {{std::string("c1"), 0.5}, {std::monostate(), std::nan("")}};
    model_.metadata = {{"feature_set", "abc: 1"}};
    model_.extra_files = {{"plots/importances.json", "[]"}};
  }
  ~MlflowModelTest() override { fs::remove_all(dir_); }

  std::string read(const std::string& name) {
    std::ostringstream text;
    text << std::ifstream(dir_ / name, std::ios::binary).rdbuf();
    return text.str();
  }

  fs::path dir_;
  MlflowModel model_;
};

TEST_F(MlflowModelTest, HasEveryFile) {
  write_mlflow_model(dir_, model_);
  for (const char* name : {"MLmodel", "model.onnx", "preparation.json", "code/tidemill_pyfunc.py",
                           "conda.yaml", "python_env.yaml", "requirements.txt", "input_example.json",
                           "serving_input_example.json", "plots/importances.json"}) {
    EXPECT_TRUE(fs::exists(dir_ / name)) << name;
  }
  EXPECT_EQ(read("model.onnx"), "graph");
  EXPECT_NE(read("requirements.txt").find("duckdb==1.5.5\n"), std::string::npos);
  EXPECT_NE(read("code/tidemill_pyfunc.py").find("def _load_pyfunc("), std::string::npos);
}

TEST_F(MlflowModelTest, DescribesItself) {
  write_mlflow_model(dir_, model_);
  const std::string text = read("MLmodel");
  for (const char* line :
       {"    loader_module: tidemill_pyfunc\n", "    data: model.onnx\n", "model_id: m-1\n",
        "run_id: \"12e4\"\n", "utc_time_created: '2026-11-01 00:00:00.123000'\n",
        "  \"feature_set\": \"abc: 1\"\n", R"(  raw_columns: {"customer_id":"VARCHAR","a \"b\"":"DOUBLE"})",
        R"({\"type\":\"any\",\"name\":\"customer_id\",\"required\":false})"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
  EXPECT_EQ(read("input_example.json"),
            R"({"columns":["customer_id","a \"b\""],"data":[["c1",0.5],[null,null]]})");
  EXPECT_EQ(parse_json(read("serving_input_example.json"), "example").at("dataframe_split"),
            parse_json(read("input_example.json"), "example"));
}

TEST_F(MlflowModelTest, SameModelSameBytes) {
  write_mlflow_model(dir_, model_);
  const std::string before = read("MLmodel");
  write_mlflow_model(dir_, model_);
  EXPECT_EQ(read("MLmodel"), before);
  model_.example_rows.clear();
  write_mlflow_model(dir_, model_);
  EXPECT_EQ(read("MLmodel").find("saved_input_example_info"), std::string::npos);
}

TEST_F(MlflowModelTest, RecordsWhatItsFilesMustBe) {
  write_mlflow_model(dir_, model_);
  const auto files = recorded_files(read("MLmodel"));
  ASSERT_TRUE(files);
  ASSERT_EQ(files->size(), 2U);
  EXPECT_EQ(files->front().name, "model.onnx");
  EXPECT_EQ(files->front().sha256, sha256_hex("graph"));
  EXPECT_EQ(files->back().name, "preparation.json");
  EXPECT_EQ(files->back().sha256, sha256_hex("{}"));
}

TEST_F(MlflowModelTest, ReadsRecordsOfOthers) {
  const std::string loader = "    loader_module: tidemill_pyfunc\n";
  EXPECT_EQ(recorded_files("flavors:\n  sklearn:\n    pickled_model: model.pkl\n"), std::nullopt);
  const auto before_hashes = recorded_files(loader);
  ASSERT_TRUE(before_hashes);
  EXPECT_EQ(before_hashes->front().name, "model.onnx");
  EXPECT_EQ(before_hashes->front().sha256, "");
  const std::string hash = sha256_hex("graph");
  for (const char* quote : {"", "'", "\""}) {
    const auto files =
        recorded_files(loader + "metadata:\n  model_onnx_sha256: " + quote + hash + quote + "\n");
    ASSERT_TRUE(files);
    EXPECT_EQ(files->front().sha256, hash) << quote;
  }
}

TEST_F(MlflowModelTest, SaysWhatItCannotWrite) {
  model_.example_rows.push_back({0.5});
  EXPECT_THROW(write_mlflow_model(dir_, model_), Error);
  std::ofstream(dir_ / "file") << "x";
  EXPECT_THROW(write_mlflow_model(dir_ / "file", model_), Error);
}

}  // namespace
}  // namespace tidemill::tracking
