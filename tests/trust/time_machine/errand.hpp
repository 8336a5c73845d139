// What a client wants once, however often it has to ask, and what may be asked of the answers.
#pragma once

#include <optional>
#include <string>

#include "holdfast/operations.hpp"
#include "time_machine/auditor.hpp"

namespace holdfast::test::machine {

struct Errand {
  Request request{};
  bool poisoned = false;  ///< the database refuses whatever transaction it is in
  bool mismatch = false;  ///< its token was another request's
  int deliveries = 0;
  int in_flight = 0;
  bool settled = false;               ///< a client has a yes, a no, or (poisoned) a never
  bool unknown = false;               ///< the last answer was that nobody knows
  std::optional<std::string> told{};  ///< of the first yes: what stays true for ever
};

/// Its effect in the books; nothing when there is none, or for what leaves no mark of its own.
std::optional<std::string> effect(const Auditor& books, const Errand& errand);
/// Whether effect() can see it.
bool leaves_a_mark(const Errand& errand);
/// What of a yes stays true for ever.
std::string lasting(const Value& value);
/// Whether the two name the same rows; only for what makes rows.
bool names_rows(const Errand& errand);
bool is_replayed(const Value& value);
std::string describe(const Errand& errand);

}  // namespace holdfast::test::machine
