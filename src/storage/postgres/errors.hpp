// What a failure of PostgreSQL means for the caller: one table, and a redactor for its texts.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "holdfast/error.hpp"

namespace holdfast::postgres {

/// Where in a transaction a failure was seen.
enum class Phase {
  kConnect,   ///< no connection yet
  kBefore,    ///< COMMIT had not been sent
  kSent,      ///< COMMIT had been sent; the failure answers an earlier statement of the same trip
  kAtCommit,  ///< the answer to COMMIT itself, or none
};

struct Verdict {
  Status status = Status::kStorage;
  Retry retry = Retry::kNever;
  bool drop_connection = false;  ///< the connection is of no use any more
  bool statements_lost = false;  ///< named statements do not work here: use unnamed ones, try again
};

/// `sqlstate` is empty when the server said nothing: the connection was lost.
Verdict classify(std::string_view sqlstate, Phase phase);

/// An Error for `verdict`, its message on one line.
Error make_error(const Verdict& verdict, std::string_view sqlstate, std::string_view message);

/// The texts of a conninfo that no message may show: passwords, and what of one can be mistaken for
/// a host by a URI parser.
std::vector<std::string> secrets_of(std::string_view conninfo);
/// `message` on one line, with every secret replaced by `***`.
std::string redact(std::string_view message, const std::vector<std::string>& secrets);

/// Whether a connection failure without SQLSTATE says that the address itself is wrong.
bool names_bad_configuration(std::string_view message);

}  // namespace holdfast::postgres
