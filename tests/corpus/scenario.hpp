// A scenario of the corpus: read from its file, played to a host, told as text.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "corpus/host.hpp"
#include "corpus/json.hpp"

namespace holdfast::test {

struct Step {
  std::string ask{};  ///< the operation; empty: the step sets the clock
  std::string at{};
  std::string as{};
  Json with{};
};

/// Throws std::runtime_error for a file that is no scenario.
std::vector<Step> read_scenario(const std::string& text);

/// Microseconds since 1970 of `2027-03-01T00:00:00.000Z`, and of nothing less exact.
std::int64_t parse_instant(const std::string& text);

/// `with`, each "$a.b.0" in it replaced by what the answer called a has there.
Json resolve(const Json& with, const std::map<std::string, Json>& answers);

/// Ids as `res_1`, numbered by kind as they turn up.
class Names {
 public:
  /// Every id in the text replaced.
  std::string rename(const std::string& text);
  /// When the id turned up; ids that have not come last.
  std::size_t order(const std::string& id) const;

 private:
  std::map<std::string, std::string> names_{};
  std::map<std::string, int> kinds_{};
  std::map<std::string, std::size_t> order_{};
};

/// Puts what the engine lists by id, and ids are partly chance, in the order of Names.
void settle_order(const std::string& operation, Json& answer, const Names& names);

/// One line for each step.
std::vector<std::string> play(const std::vector<Step>& steps, Host& host,
                              std::atomic<std::int64_t>& now_us);

}  // namespace holdfast::test
