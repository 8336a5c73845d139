// A result as text, everything that the accessors give; ids by the order in which they turn up.
#pragma once

#include <map>
#include <string>

#include "holdfast.h"

namespace holdfast::test {

class Transcript {
 public:
  /// Adds a line for the step and one for each thing in its result.
  void add(const std::string& step, const holdfast_result* result);
  const std::string& all() const { return text_; }

 private:
  void line(const std::string& what);
  std::string id(holdfast_str value);
  std::string token(holdfast_str value) const;
  void holds(const holdfast_result* result);
  void allocations(const holdfast_result* result);
  void resources(const holdfast_result* result);
  void days(const holdfast_result* result);
  void reports(const holdfast_result* result);
  void blackouts(const holdfast_result* result);
  void rest(const holdfast_result* result);

  std::map<std::string, std::string> ids_;
  std::map<std::string, int> kinds_;
  std::string text_;
};

}  // namespace holdfast::test
