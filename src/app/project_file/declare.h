#pragma once
// How the tables of settings are written: one call a setting.

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "app/project_file/settings.h"

namespace tidemill::app {

template <class Target>
class Declarations {
 public:
  using Apply = void (*)(Target&, const Value&);

  // What follows belongs to this section, and only where the conditions hold when some are given.
  void section(std::string name) {
    section_ = std::move(name);
    conditions_.clear();
  }
  void only_where(std::initializer_list<Condition> conditions) { conditions_ = conditions; }
  void always() { conditions_.clear(); }

  void required(std::string key, Allowed allowed, std::string sentence, Apply apply) {
    add(std::move(key), std::move(allowed), "", Need::kRequired, std::move(sentence), apply);
  }
  void with_default(std::string key, Allowed allowed, std::string default_toml, std::string sentence,
                    Apply apply) {
    add(std::move(key), std::move(allowed), std::move(default_toml), Need::kOptional, std::move(sentence),
        apply);
  }
  // Not set unless written.
  void optional(std::string key, Allowed allowed, std::string sentence, Apply apply) {
    add(std::move(key), std::move(allowed), "", Need::kOptional, std::move(sentence), apply);
  }

  std::vector<Setting<Target>> take() { return std::move(settings_); }

 private:
  void add(std::string key, Allowed allowed, std::string default_toml, Need need, std::string sentence,
           Apply apply) {
    settings_.push_back({{section_, std::move(key), std::move(allowed), std::move(default_toml), need,
                          std::move(sentence), conditions_},
                         apply});
  }

  std::string section_;
  std::vector<Condition> conditions_;
  std::vector<Setting<Target>> settings_;
};

}  // namespace tidemill::app
