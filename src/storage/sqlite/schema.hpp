// The tables, and how a file comes to have them.
#pragma once

#include <cstdint>

#include "storage/sqlite/connection.hpp"

namespace holdfast::sqlite {

/// In a file's header: this is a Holdfast database ("HFDF").
inline constexpr std::int64_t kApplicationId = 0x48464446;

/// This library's schema: what migrate() brings a file to, in its header as `user_version`.
std::int64_t schema_version();

enum class FileState {
  kEmpty,     ///< no table, nobody's
  kOutdated,  ///< ours, of an earlier version
  kCurrent,
};

/// REQUIRES: inside a transaction, or a migration next door looks like another program's file.
/// Throws Failure (kSchema) on another program's file and on a newer version's.
FileState inspect(Connection& connection);

/// REQUIRES: inside a write transaction. Carries out the migrations that the file lacks.
void migrate(Connection& connection);

/// Throws Failure (kSchema) unless the file has exactly this library's schema. Cheap: it reads
/// one number of the header, in every transaction, because another process may migrate at any time.
void require_current(Connection& connection);

}  // namespace holdfast::sqlite
