#pragma once
// The headers of a request or an answer, in order; names match without regard to case.

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tidemill::net {

bool equal_ignoring_case(std::string_view a, std::string_view b);

class HeaderList {
 public:
  using Header = std::pair<std::string, std::string>;

  // The first of that name; nullopt when there is none. Valid until the list changes.
  std::optional<std::string_view> find(std::string_view name) const;
  bool contains(std::string_view name) const { return find(name).has_value(); }

  // One more header. Errors: kInvalidArgument for a name that is no HTTP token, and for a value with CR, LF
  // or NUL: nothing that a client sent can add headers or a second answer.
  void add(std::string name, std::string value);
  // Instead of all headers of that name. Errors: those of add.
  void set(std::string name, std::string value);
  void remove(std::string_view name);

  size_t size() const { return headers_.size(); }
  bool empty() const { return headers_.empty(); }
  auto begin() const { return headers_.begin(); }
  auto end() const { return headers_.end(); }

 private:
  friend class RequestParser;  // what it adds is checked
  std::vector<Header> headers_;
};

}  // namespace tidemill::net
