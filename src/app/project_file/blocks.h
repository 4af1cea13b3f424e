#pragma once
// The parts of the file that are lists: [[quality]], [features], [[models]], promote.rules, [[alerts]].

#include "app/project_file/problems.h"
#include "app/project_file/settings.h"

namespace tidemill::app {

pipeline::QualityRule read_quality_rule(const Value& block, Problems& problems, EffectiveSection& effective);

// In the order of the file. `roles` and earlier features may not be redefined; the target may not be used.
std::vector<pipeline::FeatureDefinition> read_features(const Value& table, const pipeline::TableRoles& roles,
                                                       Problems& problems, EffectiveSection& effective);

pipeline::ModelSpec read_model(const Value& block, Problems& problems, EffectiveSection& effective);

pipeline::PromotionRule read_promotion_rule(const Value& block, Problems& problems,
                                            EffectiveSection& effective);

// Its DAGs and tasks must be there, those of `models` too.
dags::AlertOptions read_alert(const Value& block, const std::vector<pipeline::ModelSpec>& models,
                              Problems& problems, EffectiveSection& effective);

// Roles, rules, features and lists may name only columns that the source makes, where that is known.
void check_columns(const Value& root, const Project& project, Problems& problems);

// Whether `expression` names the column `name`, outside of string literals; SQL names have no case.
bool mentions_column(const std::string& expression, const std::string& name);

}  // namespace tidemill::app
