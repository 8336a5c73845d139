// Writes a Changes: one statement per kind of change, whatever the number of rows.
#pragma once

#include "holdfast/storage.hpp"
#include "storage/postgres/connection.hpp"

namespace holdfast::postgres {

/// Queues `changes`. With `guard`, a row that is not as the decision saw it makes its statement
/// fail with SQLSTATE 22012, so that a COMMIT later in the same trip does nothing.
/// `now` is the instant at which new remembered requests are recorded.
void queue_writes(Trip& trip, const Changes& changes, Instant now, bool guard);

}  // namespace holdfast::postgres
