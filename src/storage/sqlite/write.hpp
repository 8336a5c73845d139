// Changes to rows.
#pragma once

#include "holdfast/storage.hpp"
#include "storage/sqlite/connection.hpp"

namespace holdfast::sqlite {

/// REQUIRES: inside a write transaction. From now on ACTIVE holds with expires_at <= now are found
/// by their resource.
void mark_overdue(Connection& connection, Instant now);

/// REQUIRES: inside a write transaction. Throws Failure when a guard does not hold. `guarded`
/// false: amounts and statuses are overwritten unseen, for the test that the lock alone suffices.
void write_changes(Connection& connection, const Changes& changes, Instant now, bool guarded);

}  // namespace holdfast::sqlite
