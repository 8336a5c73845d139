// A host of the engine, in one language: what differs between the runners.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "corpus/json.hpp"

namespace holdfast::test {

class Host {
 public:
  Host() = default;
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  virtual ~Host() = default;

  /// The answer as tests/corpus/README.md says, ids as the engine made them.
  virtual Json ask(const std::string& operation, const Json& with) = 0;
};

/// How this language can ask; every scenario is run each way.
std::vector<std::string> ways();

/// Migrated, on the database at `uri`, with `now_us` (microseconds since 1970) for its clock.
std::unique_ptr<Host> open_host(const std::string& uri, const std::string& way,
                                const std::atomic<std::int64_t>& now_us);

/// Every operation, and every outcome that is a refusal, by name.
std::vector<std::string> operations();
std::vector<std::string> refusals();

/// `text`, or null when it is empty: the corpus does not tell them apart.
inline Json text_or_null(std::string text) { return text.empty() ? Json() : Json(std::move(text)); }

/// RFC 3339 in UTC with milliseconds.
std::string instant_text(std::int64_t us);

}  // namespace holdfast::test
