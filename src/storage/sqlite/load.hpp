// What a scope asks for, from the tables.
#pragma once

#include "holdfast/storage.hpp"
#include "storage/sqlite/connection.hpp"

namespace holdfast::sqlite {

/// Whether due holds come along, to be recorded EXPIRED: those that were marked overdue.
enum class DueHolds { kLeave, kLoad };

/// REQUIRES: inside a transaction, read or write.
Snapshot load_scope(Connection& connection, const Scope& scope, Instant now, DueHolds due);

}  // namespace holdfast::sqlite
