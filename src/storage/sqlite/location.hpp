// What the part of an address after `sqlite:` says.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "holdfast/error.hpp"

namespace holdfast::sqlite {

/// kPersist is a rollback journal that keeps its file: giving the space back after each commit and
/// asking for it again in the next, as TRUNCATE does, cost a fifth of the throughput.
enum class Journal { kWal, kPersist };

struct Location {
  std::string path{};  ///< absolute, or `:memory:`
  bool in_memory = false;
  Journal journal = Journal::kPersist;
};

/// `PATH`, `PATH?journal=wal`, `PATH?journal=persist` or `:memory:`. Looks at the file system: a
/// path that cannot be a database file is a configuration error.
Result<Location> parse_location(std::string_view text);

/// Releases before the fix can lose committed transactions in WAL mode when two connections
/// checkpoint and write at once.
bool has_wal_reset_fix(int library_version);

const char* name(Journal journal);

}  // namespace holdfast::sqlite
