// The settings of what may stand several times: quality rules, comparisons, models, promotion rules.

#include "app/project_file/declare.h"

namespace tidemill::app {
namespace {

using models::model_kind_names;
using pipeline::FeatureDefinition;
using pipeline::PromotionRule;
using pipeline::QualityRule;

std::vector<Setting<QualityRule>> declare_quality() {
  Declarations<QualityRule> d;
  d.section("quality");
  d.required("rule", Allowed::choice(pipeline::quality_rule_names()), "What is checked.",
             [](QualityRule& r, const Value& v) { r.rule = v.text; });
  d.only_where({{"rule", {"row_count_between", "expression"}, true}});
  d.required("column", Allowed::text("a column").or_word("*"),
             "The column that is checked; \"*\" for every column except key, time and target.",
             [](QualityRule& r, const Value& v) { r.column = v.text; });
  d.only_where({{"rule", {"between", "row_count_between"}}});
  d.optional("min", Allowed::number({}, {}), "Smallest value; unlimited when not set.",
             [](QualityRule& r, const Value& v) { r.min_value = v.as_double(); });
  d.only_where({{"rule", {"between", "row_count_between", "freshness", "outlier_share_below"}}});
  d.optional("max", Allowed::number({}, {}),
             "Largest value; unlimited when not set. Of freshness: hours; of outlier_share_below: the share.",
             [](QualityRule& r, const Value& v) { r.max_value = v.as_double(); });
  d.only_where({{"rule", {"in_set"}}});
  d.required("values", Allowed::scalars(), "The values that may occur.", [](QualityRule& r, const Value& v) {
    for (const Value& item : v.items) r.values.push_back(item.is_text() ? item.text : to_toml(item));
  });
  d.only_where({{"rule", {"matches"}}});
  d.required("pattern", Allowed::text("a regular expression"), "What a whole value must match.",
             [](QualityRule& r, const Value& v) { r.text = v.text; });
  d.only_where({{"rule", {"of_type"}}});
  d.required("type", Allowed::choice({"BIGINT", "DOUBLE", "BOOLEAN", "DATE", "TIMESTAMP", "VARCHAR"}),
             "The column's type.", [](QualityRule& r, const Value& v) { r.text = v.text; });
  d.only_where({{"rule", {"expression"}}});
  d.required("expression", Allowed::text("a SQL expression over the row"), "What must be true of a row.",
             [](QualityRule& r, const Value& v) { r.text = v.text; });
  d.always();
  d.with_default("mostly", Allowed::number(0, 1), "1.0", "The share of cells that must pass.",
                 [](QualityRule& r, const Value& v) { r.mostly = v.as_double(); });
  d.with_default("severity", Allowed::choice({"warn", "error"}), "\"warn\"",
                 "What a broken rule does: a warning, or the day stops.", [](QualityRule& r, const Value& v) {
                   r.severity = v.text == "error" ? pipeline::Severity::kError : pipeline::Severity::kWarn;
                 });
  return d.take();
}

std::vector<Setting<FeatureDefinition>> declare_comparison() {
  Declarations<FeatureDefinition> d;
  d.section("features");
  d.required("value", Allowed::text("a numeric column or feature"), "Is divided by its group's mean.",
             [](FeatureDefinition& f, const Value& v) { f.value = v.text; });
  d.required("group", Allowed::text("a categorical column"), "Says which group a row belongs to.",
             [](FeatureDefinition& f, const Value& v) { f.group = v.text; });
  return d.take();
}

std::vector<Setting<ModelBlock>> declare_model() {
  std::vector<std::string> kinds = model_kind_names();
  kinds.push_back("command");
  Declarations<ModelBlock> d;
  d.section("models");
  d.required("name", Allowed::name(), "What its runs are called; unique.",
             [](ModelBlock& m, const Value& v) { m.name = v.text; });
  d.required("kind", Allowed::choice(kinds), "The learner; \"command\" is a program of your own.",
             [](ModelBlock& m, const Value& v) { m.kind = v.text; });
  d.only_where({{"kind", {"command"}}});
  d.required("command", Allowed::command(), "The program, started in the project's folder.",
             [](ModelBlock& m, const Value& v) { m.command = v.as_texts(); });
  d.always();
  d.with_default("parameters", Allowed::table("a table of parameters"), "{}",
                 "Parameters by scikit-learn's names; \"None\" is None. A command gets them as they are.",
                 [](ModelBlock& m, const Value& v) { m.parameters = v; });
  d.only_where({{"kind", {"command"}, true}});
  d.optional("tune", Allowed::table("a table of lists, { parameter = [values] }"),
             "Values to try for each parameter; the best by cross-validation is taken.",
             [](ModelBlock& m, const Value& v) {
               m.grid = v;
               m.is_tuned = true;
             });
  d.only_where({{"kind", {"command"}, true}, {"tune", {}}});
  d.with_default("folds", Allowed::integer(2, 100), "3", "Folds of the cross-validation.",
                 [](ModelBlock& m, const Value& v) { m.folds = static_cast<int>(v.integer); });
  d.with_default("search", Allowed::choice({"grid", "random"}), "\"grid\"",
                 "Whether all combinations are tried, or some drawn at random.",
                 [](ModelBlock& m, const Value& v) { m.search = v.text; });
  d.only_where({{"kind", {"command"}, true}, {"tune", {}}, {"search", {"random"}}});
  d.with_default("candidates", Allowed::integer(1, 100000), "10", "How many a random search draws.",
                 [](ModelBlock& m, const Value& v) { m.candidate_count = static_cast<int>(v.integer); });
  return d.take();
}

std::vector<Setting<PromotionRule>> declare_promotion() {
  Declarations<PromotionRule> d;
  d.section("promote.rules");
  d.with_default("metric", Allowed::choice(metric_names()), "\"test_rmse\"",
                 "The metric that is held to the rule.", [](PromotionRule& r, const Value& v) {
                   r.metric = v.text;
                   r.greater_is_better = v.text == "test_r2";
                 });
  d.optional("threshold", Allowed::number({}, {}), "Must be reached, whatever Production has.",
             [](PromotionRule& r, const Value& v) { r.threshold = v.as_double(); });
  d.optional("min_absolute_change", Allowed::number(0, {}), "Must be better than Production by this much.",
             [](PromotionRule& r, const Value& v) { r.min_absolute_change = v.as_double(); });
  d.optional("min_relative_change", Allowed::number_between(0, 1),
             "Must be better than Production by this share of its value.",
             [](PromotionRule& r, const Value& v) { r.min_relative_change = v.as_double(); });
  return d.take();
}

}  // namespace

const std::vector<Setting<QualityRule>>& quality_settings() {
  static const std::vector<Setting<QualityRule>> kSettings = declare_quality();
  return kSettings;
}

const std::vector<Setting<FeatureDefinition>>& comparison_settings() {
  static const std::vector<Setting<FeatureDefinition>> kSettings = declare_comparison();
  return kSettings;
}

const std::vector<Setting<ModelBlock>>& model_settings() {
  static const std::vector<Setting<ModelBlock>> kSettings = declare_model();
  return kSettings;
}

const std::vector<Setting<PromotionRule>>& promotion_settings() {
  static const std::vector<Setting<PromotionRule>> kSettings = declare_promotion();
  return kSettings;
}

}  // namespace tidemill::app
