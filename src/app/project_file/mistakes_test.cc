// Bad project files and what is said about them: the exact words, since they are what a user gets.

#include <filesystem>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "app/project_file/good_file.h"
#include "app/project_file/project.h"
#include "base/error.h"
#include "base/text.h"

namespace tidemill::app {
namespace {

struct Mistake {
  const char* name;
  const char* added;
  std::vector<std::string> told;
};

void PrintTo(const Mistake& mistake, std::ostream* out) {
  *out << mistake.name;
}

Error error_of(const std::string& text, const Environment& environment = {}) {
  try {
    parse_project(text, "project", environment);
  } catch (const Error& error) {
    return error;
  }
  return {ErrorCode::kInternal, "no error"};
}

std::string told(const std::vector<std::string>& lines) {
  if (lines.size() == 1) return lines.front();
  return "tidemill.toml has " + std::to_string(lines.size()) + " mistakes:\n  " + join(lines, "\n  ");
}

class Mistakes : public testing::TestWithParam<Mistake> {};

TEST_P(Mistakes, AreToldWithPlaceAndWayOut) {
  EXPECT_EQ(error_of(std::string(kGoodFile) + GetParam().added).message(), told(GetParam().told));
}

std::string name_of(const testing::TestParamInfo<Mistake>& info) {
  return info.param.name;
}

INSTANTIATE_TEST_SUITE_P(
    Keys, Mistakes,
    testing::Values(
        Mistake{"UnknownKey",
                "[prepare]\ntest_fracton = 0.3\n",
                {"tidemill.toml:9: unknown key 'prepare.test_fracton'; did you mean 'test_fraction'?"}},
        Mistake{"KeyOfAnotherSection",
                "[prepare]\nseed = 3\n",
                {"tidemill.toml:9: unknown key 'prepare.seed'; did you mean 'project.seed'?"}},
        Mistake{"KeyLikeNoOther",
                "[validate]\nxyzzy_plugh = 3\n",
                {"tidemill.toml:9: unknown key 'validate.xyzzy_plugh'; allowed here: threshold, "
                 "below_threshold"}},
        Mistake{"UnknownSection",
                "[prepre]\nimpute = \"mean\"\n",
                {"tidemill.toml:8: unknown section '[prepre]'; did you mean '[prepare]'?"}},
        Mistake{"SectionNotBuilt",
                "[serve]\nport = 5002\n",
                {"tidemill.toml:8: section '[serve]' is not built yet: take it out until it is"}},
        Mistake{"SectionWrittenAsBlocks",
                "[[prepare]]\nimpute = \"mean\"\n",
                {"tidemill.toml:8: 'prepare' is written as [prepare], got a list"}},
        Mistake{"BlocksWrittenAsSection",
                "[quality]\nrule = \"unique\"\n",
                {"tidemill.toml:8: 'quality' is written as [[quality]] blocks, got a table"}},
        Mistake{"SectionAsAKey",
                "quality = [{ rule = \"unique\", column = \"age\" }]\n",
                {"tidemill.toml:8: unknown key 'models.quality'; did you mean [[quality]]?"}},
        Mistake{"KeyOfTheOtherSource",
                "[source]\nglob = \"landing/{date}.csv\"\n",
                {"tidemill.toml:9: 'source.glob' is for kind = \"files\" only; here kind = \"synthetic\""}},
        Mistake{
            "NoToml",
            "[prepare\n",
            {"tidemill.toml:8: not valid TOML: Error while parsing table header: expected ']', saw '\\n'"}},
        Mistake{"KeyTwice",
                "[prepare]\nimpute = \"mean\"\nimpute = \"zero\"\n",
                {"tidemill.toml:10: not valid TOML: Error while parsing key-value pair: cannot redefine "
                 "existing string "
                 "'impute'"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Values, Mistakes,
    testing::Values(
        Mistake{"TextForANumber",
                "[prepare]\ntest_fraction = \"a lot\"\n",
                {"tidemill.toml:9: prepare.test_fraction: expected a number above 0 and below 1, got the "
                 "string \"a "
                 "lot\""}},
        Mistake{"OutOfRange",
                "[source]\nmissing = 1.5\n",
                {"tidemill.toml:9: source.missing: expected a number between 0 and 1, got 1.5"}},
        Mistake{"NotANumber",
                "[source]\nmissing = nan\n",
                {"tidemill.toml:9: source.missing: expected a number between 0 and 1, got nan"}},
        Mistake{"NumberForAnInteger",
                "[prepare]\nstratify_bins = 2.5\n",
                {"tidemill.toml:9: prepare.stratify_bins: expected an integer between 1 and 1000, got 2.5"}},
        Mistake{"Choice",
                "[prepare]\nimpute = \"medain\"\n",
                {"tidemill.toml:9: prepare.impute: expected \"median\", \"mean\" or \"zero\", got the string "
                 "\"medain\"; did you mean \"median\"?"}},
        Mistake{"TextForTrue",
                "[promote]\nbetter_than_production = \"yes\"\n",
                {"tidemill.toml:9: promote.better_than_production: expected true or false, got the string "
                 "\"yes\""}},
        Mistake{"ListForText",
                "[storage]\nuri = [\"file:data\"]\n",
                {"tidemill.toml:9: storage.uri: expected a URI that starts with \"file:\" or \"s3:\", got a "
                 "list"}},
        Mistake{"EmptyText",
                "[tracking]\nexperiment = \" \"\n",
                {"tidemill.toml:9: tracking.experiment: expected a name, got the string \" \""}},
        Mistake{
            "UriOfAnotherKind",
            "[tracking]\nuri = \"mysql://localhost/mlflow\"\n",
            {"tidemill.toml:9: tracking.uri: expected a URI that starts with \"sqlite:\", \"postgresql:\", "
             "\"postgres:\", \"http:\" or \"https:\", got the string \"mysql://localhost/mlflow\""}},
        Mistake{
            "NoDate",
            "[source]\ndrift_from = \"2026-02-30\"\n",
            {"tidemill.toml:9: source.drift_from: '2026-02-30' is not a date: write YYYY-MM-DD, for example "
             "2026-11-01"}},
        Mistake{"DateWithATime",
                "[source]\ndrift_from = 2026-02-03T10:00:00\n",
                {"tidemill.toml:9: source.drift_from: expected a date, got the time 2026-02-03T10:00:00"}},
        Mistake{"Memory",
                "[engine]\nmemory_limit = \"12 MB\"\n",
                {"tidemill.toml:9: engine.memory_limit: expected an amount of memory, at least 64 MB, such "
                 "as \"512 "
                 "MB\" or \"2 GB\" or \"auto\", got the string \"12 MB\""}},
        Mistake{"TwiceInAList",
                "[prepare]\ndrop = [\"age\", \"age\"]\n",
                {"tidemill.toml:9: prepare.drop: the string \"age\" stands in the list twice"}},
        Mistake{"NumberInAListOfTexts",
                "[prepare]\ndrop = [\"age\", 5]\n",
                {"tidemill.toml:9: prepare.drop: expected a list of columns, got 5 in it"}},
        Mistake{
            "SeedBelowZero",
            "[prepare]\nwindow = 0\n",
            {"tidemill.toml:9: prepare.window: expected an integer between 1 and 100000 or \"all\", got 0"}},
        Mistake{"DriftWithoutAStart",
                "[source]\ndrift = 2\n",
                {"tidemill.toml:9: 'source.drift' has no effect without 'drift_from'"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Columns, Mistakes,
    testing::Values(
        Mistake{"DroppedTarget",
                "[prepare]\ndrop = [\"churn_probability\"]\n",
                {"tidemill.toml:9: prepare.drop: \"churn_probability\" is the target"}},
        Mistake{"DroppedColumnThatIsNone",
                "[prepare]\ndrop = [\n  \"age\",\n  \"agee\"]\n",
                {"tidemill.toml:11: prepare.drop: there is no column 'agee'; did you mean 'age'?"}},
        Mistake{"FilesWithoutAGlob",
                "[source]\nkind = \"files\"\n",
                {"tidemill.toml:8: 'source.glob' is missing: give a path with * for any part of a name and "
                 "{date} for "
                 "the day"}},
        Mistake{"FilesWithoutADay",
                "[source]\nkind = \"files\"\nglob = \"landing/*.csv\"\n",
                {"tidemill.toml:10: source.glob needs {date}, or source.date_column must name a column with "
                 "the day"}},
        Mistake{"FilesWithTwoDays",
                "[source]\nkind = \"files\"\nglob = \"landing/{date}.csv\"\ndate_column = \"day\"\n",
                {"tidemill.toml:11: the day stands in source.glob as {date}: leave source.date_column out"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Rules, Mistakes,
    testing::Values(
        Mistake{"UnknownRule",
                "[[quality]]\nrule = \"not_nul\"\ncolumn = \"age\"\n",
                {"tidemill.toml:9: quality.rule: expected " +
                 [] {
                   std::vector<std::string> names;
                   for (const std::string& name : pipeline::quality_rule_names())
                     names.push_back("\"" + name + "\"");
                   const std::string last = names.back();
                   names.pop_back();
                   return join(names) + " or " + last;
                 }() +
                 ", got the string \"not_nul\"; did you mean \"not_null\"?"}},
        Mistake{"RuleWithoutAColumn",
                "[[quality]]\nrule = \"unique\"\n",
                {"tidemill.toml:8: 'quality.column' is missing: give a column or \"*\""}},
        Mistake{"RuleOnAColumnThatIsNone",
                "[[quality]]\nrule = \"unique\"\ncolumn = \"custmer_id\"\n",
                {"tidemill.toml:10: quality.column: there is no column 'custmer_id'; did you "
                 "mean 'customer_id'?"}},
        Mistake{"RuleWithoutLimits",
                "[[quality]]\nrule = \"between\"\ncolumn = \"age\"\n",
                {"tidemill.toml:8: quality rule \"between\" needs 'min', 'max' or both"}},
        Mistake{"LimitsTheWrongWayRound",
                "[[quality]]\nrule = \"between\"\ncolumn = \"age\"\nmin = 9\nmax = 1\n",
                {"tidemill.toml:8: quality rule \"between\": min 9 is above max 1"}},
        Mistake{"EmptySet",
                "[[quality]]\nrule = \"in_set\"\ncolumn = \"age\"\nvalues = []\n",
                {"tidemill.toml:11: quality.values: expected a list of values (text, numbers, "
                 "true or false) with at "
                 "least one in it, got an empty list"}},
        Mistake{"KeyOfAnotherRule",
                "[[quality]]\nrule = \"unique\"\ncolumn = \"age\"\nmin = 3\n",
                {"tidemill.toml:11: 'quality.min' is for rule = \"between\" or "
                 "\"row_count_between\" only; here rule = "
                 "\"unique\""}},
        Mistake{"OutlierShare",
                "[[quality]]\nrule = \"outlier_share_below\"\ncolumn = \"*\"\nmax = 5\n",
                {"tidemill.toml:11: quality.max: expected a share between 0 and 1, got 5"}},
        Mistake{"Type",
                "[[quality]]\nrule = \"of_type\"\ncolumn = \"age\"\ntype = \"BIGNT\"\n",
                {"tidemill.toml:11: quality.type: expected \"BIGINT\", \"DOUBLE\", \"BOOLEAN\", \"DATE\", "
                 "\"TIMESTAMP\" or \"VARCHAR\", got the string \"BIGNT\"; did you mean \"BIGINT\"?"}},
        Mistake{"PromotionMetric",
                "[promote]\nrules = [{ metric = \"rmse\", threshold = 0.1 }]\n",
                {"tidemill.toml:9: promote.rules.metric: expected \"test_rmse\", \"test_mae\" or "
                 "\"test_r2\", got the "
                 "string \"rmse\""}},
        Mistake{"PromotionRuleThatSaysNothing",
                "[[promote.rules]]\nmetric = \"test_mae\"\n",
                {"tidemill.toml:8: a promotion rule needs 'threshold', 'min_absolute_change' or "
                 "'min_relative_change'"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Features, Mistakes,
    testing::Values(
        Mistake{"NoExpression",
                "[features]\nhigh = 5\n",
                {"tidemill.toml:9: features.high: expected a SQL expression in quotes or { value = "
                 "\"column\", group "
                 "= \"column\" }, got 5"}},
        Mistake{"DefinedTwice",
                "[features]\nhigh = \"age > 50\"\nHigh = \"age > 60\"\n",
                {"tidemill.toml:10: feature 'High' is defined twice, first at tidemill.toml:9 (names in SQL "
                 "have no "
                 "case)"}},
        Mistake{
            "NameOfTheKey",
            "[features]\nCUSTOMER_ID = \"1\"\n",
            {"tidemill.toml:9: feature 'CUSTOMER_ID' has the name of the key column: choose another name"}},
        Mistake{"NameOfARawColumn",
                "[features]\nage = \"age * 2\"\n",
                {"tidemill.toml:9: feature 'age' has the name of a raw column: choose another name"}},
        Mistake{"NameThatIsNone",
                "[features]\n\"a b\" = \"age\"\n",
                {"tidemill.toml:9: 'a b' cannot name a feature: use letters, digits and '_', no digit first, "
                 "at most "
                 "63"}},
        Mistake{"UsesTheTarget",
                "[features]\nleak = \"2 * Churn_Probability\"\n",
                {"tidemill.toml:9: feature 'leak' uses the target 'churn_probability', which is unknown when "
                 "predicting"}},
        Mistake{"ComparesTheTarget",
                "[features]\nleak = { value = \"churn_probability\", group = \"customer_segment\" }\n",
                {"tidemill.toml:9: feature 'leak': its value is the target 'churn_probability', which is "
                 "unknown when "
                 "predicting"}},
        Mistake{"ComparisonWithoutAGroup",
                "[features]\nratio = { value = \"age\" }\n",
                {"tidemill.toml:9: 'features.group' is missing: give a categorical column"}},
        Mistake{"ComparisonOfAColumnThatIsNone",
                "[features]\nratio = { value = \"agee\", group = \"customer_segment\" }\n",
                {"tidemill.toml:9: features.ratio.value: there is no column 'agee'; did you mean 'age'?"}},
        Mistake{
            "ComparisonOfAFeatureBelow",
            "[features]\nratio = { value = \"twice\", group = \"customer_segment\" }\ntwice = \"age * 2\"\n",
            {"tidemill.toml:9: feature 'ratio': its value 'twice' is defined below it: move it above"}}),
    name_of);

INSTANTIATE_TEST_SUITE_P(
    Models, Mistakes,
    testing::Values(
        Mistake{
            "SameName",
            "[[models]]\nname = \"line\"\nkind = \"linear_regression\"\n",
            {"tidemill.toml:9: models.name: \"line\" is already the name of the model at tidemill.toml:5"}},
        Mistake{"NameWithASlash",
                "[[models]]\nname = \"a/b\"\nkind = \"linear_regression\"\n",
                {"tidemill.toml:9: models.name: expected a name of letters, digits, '_', '-' and '.', got "
                 "the string "
                 "\"a/b\""}},
        Mistake{
            "ParameterThatIsNone",
            "[[models]]\nname = \"b\"\nkind = \"linear_regression\"\nparameters = { fit_intercpt = true }\n",
            {"tidemill.toml:11: unknown key 'models.parameters.fit_intercpt' for linear_regression; did you "
             "mean "
             "'fit_intercept'?"}},
        Mistake{"CommandWithoutAProgram",
                "[[models]]\nname = \"b\"\nkind = \"command\"\ncommand = []\n",
                {"tidemill.toml:11: models.command: expected a list of a program and its arguments with at "
                 "least one "
                 "in it, got an empty list"}},
        Mistake{"TunedCommand",
                "[[models]]\nname = \"b\"\nkind = \"command\"\ncommand = [\"x\"]\ntune = { a = [1] }\n",
                {"tidemill.toml:12: 'models.tune' is for kind other than \"command\" only; here kind = "
                 "\"command\""}},
        Mistake{"FoldsWithoutTuning",
                "[[models]]\nname = \"b\"\nkind = \"linear_regression\"\nfolds = 5\n",
                {"tidemill.toml:11: 'models.folds' has no effect without 'tune'"}},
        Mistake{
            "EmptyGrid",
            "[[models]]\nname = \"b\"\nkind = \"linear_regression\"\ntune = {}\n",
            {"tidemill.toml:11: models.tune is empty: give at least one parameter with the values to try"}},
        Mistake{"NoValuesToTry",
                "[[models]]\nname = \"b\"\nkind = \"linear_regression\"\ntune = { fit_intercept = [] }\n",
                {"tidemill.toml:11: models.tune.fit_intercept: expected a list of values to try, got an "
                 "empty list"}},
        Mistake{
            "ParameterFixedAndTuned",
            "[[models]]\nname = \"b\"\nkind = \"linear_regression\"\nparameters = { fit_intercept = true }\n"
            "tune = { fit_intercept = [true, false] }\n",
            {"tidemill.toml:11: 'fit_intercept' stands in parameters and in tune: leave one out"}},
        Mistake{"Several",
                "[prepare]\nimput = \"mean\"\n[source]\nmissing = 7\n[engine]\nthreads = -1\n",
                {"tidemill.toml:9: unknown key 'prepare.imput'; did you mean 'impute'?",
                 "tidemill.toml:11: source.missing: expected a number between 0 and 1, got 7",
                 "tidemill.toml:13: engine.threads: expected an integer between 0 and 1024, got -1"}}),
    name_of);

TEST(WholeFiles, HaveTheirOwnMistakes) {
  EXPECT_EQ(error_of("").message(), told({"tidemill.toml: 'project.key' is missing: give a column",
                                          "tidemill.toml: 'project.target' is missing: give a column",
                                          "tidemill.toml: no model to train: add a [[models]] block, for "
                                          "example name = \"linear_regression\" "
                                          "and kind = \"linear_regression\""}));
  EXPECT_EQ(error_of("seed = 1\n" + std::string(kGoodFile)).message(),
            "tidemill.toml:1: unknown key 'seed' outside of any section; did you mean 'seed' in [project]?");
  EXPECT_EQ(
      error_of("quality = [{ rule = \"unique\", column = \"age\" }, 5]\n" + std::string(kGoodFile)).message(),
      "tidemill.toml:1: 'quality' is written as [[quality]] blocks, got a list");
  EXPECT_EQ(error_of("\xff\xfe").code(), ErrorCode::kInvalidArgument);
  std::string same_roles(kGoodFile);
  same_roles.replace(same_roles.find("event_timestamp"), 15, "customer_id");
  EXPECT_EQ(error_of(same_roles).message(),
            "tidemill.toml:3: project.time: \"customer_id\" is already the key");
}

TEST(WholeFiles, SayWhatIsNotBuilt) {
  const Error error = error_of("[project]\ntask = \"classification\"\n" + std::string(kGoodFile).substr(10));
  EXPECT_EQ(error.code(), ErrorCode::kNotImplemented);
  EXPECT_EQ(error.message(),
            "tidemill.toml:2: project.task: \"classification\" is not built yet: use \"regression\"");
}

TEST(WholeFiles, ShortenLongTexts) {
  const std::string message =
      error_of(std::string(kGoodFile) + "[prepare]\nimpute = \"" + std::string(10000, 'x') + "\"\n")
          .message();
  EXPECT_LT(message.size(), 200u);
}

TEST(Variables, AreToldByName) {
  const auto message = [](const char* variable, const char* text) {
    return error_of(std::string(kGoodFile), {{variable, text}}).message();
  };
  EXPECT_EQ(message("TIDEMILL__SOURCE__MISSING", "lots"),
            "environment variable TIDEMILL__SOURCE__MISSING: source.missing: expected a number between 0 and "
            "1, got "
            "the string \"lots\"");
  EXPECT_EQ(
      message("TIDEMILL__SOURCE__MISING", "0.1"),
      "environment variable TIDEMILL__SOURCE__MISING: unknown key 'source.mising'; did you mean 'missing'?");
  EXPECT_EQ(message("TIDEMILL__SORCE__MISSING", "0.1"),
            "environment variable TIDEMILL__SORCE__MISSING: unknown section 'sorce'; did you mean 'source'?");
  EXPECT_EQ(
      message("TIDEMILL__SOURCE", "0.1"),
      "environment variable TIDEMILL__SOURCE: names no setting: write TIDEMILL__SECTION__KEY, for example "
      "TIDEMILL__STORAGE__URI");
  EXPECT_EQ(
      message("TIDEMILL__MODELS__NAME", "x"),
      "environment variable TIDEMILL__MODELS__NAME: [[models]] blocks can be written in tidemill.toml only");
  EXPECT_EQ(message("TIDEMILL__METADATA__URI", "mysql://me:secret@host/db"),
            "environment variable TIDEMILL__METADATA__URI: metadata.uri: expected a URI that starts with "
            "\"sqlite:\", \"postgresql:\" or \"postgres:\", got the string \"mysql://me:***@host/db\"");
}

}  // namespace
}  // namespace tidemill::app
