#include <variant>

#include "app/project_file/project.h"
#include "base/error.h"
#include "pipeline/ingest/synthetic.h"
#include "pipeline/prepare/feature_plan.h"

namespace tidemill::app {

void check_sql(const Project& project, engine::Engine& engine) {
  if (!std::holds_alternative<pipeline::SyntheticSource>(project.ingest.source)) return;
  const std::vector<engine::Column>& columns = pipeline::SyntheticCustomers::columns();
  const pipeline::FeaturePlan plan(project.prepare, columns, engine);
  for (const pipeline::QualityRule& rule : project.validate.rules) {
    if (rule.rule != "expression") continue;
    try {
      engine.check_row_expression("rule", rule.text, columns);
    } catch (const Error& error) {
      throw Error(error.code(), rule.place + ": quality.expression: " + error.message());
    }
  }
}

}  // namespace tidemill::app
