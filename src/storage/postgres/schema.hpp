// The schema `holdfast` and its numbered migrations.
#pragma once

#include <cstdint>

#include "storage/postgres/connection.hpp"

namespace holdfast::postgres {

/// The version that this library reads and writes.
inline constexpr std::int32_t kSchemaVersion = 1;

/// What excludes two transactions on one key. Recorded in the schema: two modes do not exclude each
/// other, so all hosts of one database must use the same.
inline constexpr const char* kLockMode = "advisory";

/// 0 when there is no schema yet. kSchema when it is newer, locks in another way, or is not ours.
Result<std::int32_t> schema_version(Connection& connection);

/// Applies what is missing in one transaction. May run in many hosts at once: they take turns.
Result<std::int32_t> migrate_schema(Connection& connection);

}  // namespace holdfast::postgres
