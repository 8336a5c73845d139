// One factory per backend. Private: hosts use open_storage().
#pragma once

#include <memory>
#include <string_view>

#include "holdfast/storage.hpp"

namespace holdfast {

/// What a test may take out of a backend, to show that the other safety holds alone. The public
/// factory always has both.
struct Seams {
  bool lock = true;   ///< the key locks (transact reads first, then writes in a transaction)
  bool guard = true;  ///< the conditions and row counts on writes
};

Result<std::unique_ptr<Storage>> open_memory(const StorageOptions& options, Seams seams = {});
Result<std::unique_ptr<Storage>> open_sqlite(std::string_view path, const StorageOptions& options,
                                             Seams seams = {});
Result<std::unique_ptr<Storage>> open_postgres(std::string_view conninfo,
                                               const StorageOptions& options, Seams seams = {});

}  // namespace holdfast
