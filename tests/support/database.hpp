// A fresh database for each test, on any backend.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "holdfast/error.hpp"
#include "holdfast/storage.hpp"
#include "storage/backends.hpp"
#include "support/catch.hpp"

namespace holdfast::test {

/// A backend and what it may legitimately do differently.
struct Backend {
  std::string name{};  ///< memory, sqlite, postgres
  /// The data outlives a handle, and a second handle sees it.
  bool persistent = true;
  /// The database checks 0 <= available <= max on its own.
  bool has_checks = true;
};

/// Those of HOLDFAST_TEST_BACKENDS (`memory,postgres`); by default memory, SQLite and, where
/// HOLDFAST_TEST_POSTGRES holds a conninfo, PostgreSQL. Only those of this build.
std::vector<Backend> backends();

/// `EACH_BACKEND(db);` first in a test case runs the rest of it once per backend, each time with a
/// fresh Database called db.
#define EACH_BACKEND(db)                                  \
  const ::holdfast::test::Backend backend_of_##db =       \
      GENERATE(from_range(::holdfast::test::backends())); \
  INFO("backend: " << backend_of_##db.name);              \
  ::holdfast::test::Database db(backend_of_##db)

inline std::string describe(const Error& error) {
  return std::string(name(error.status)) + "/" + name(error.retry) + " " + error.sqlstate + " " +
         error.message;
}

/// The value, or the failure as an exception that Catch2 shows.
template <class T>
T must(Result<T> result) {
  if (!result.ok()) throw std::runtime_error(describe(result.error()));
  return std::move(result.value());
}
inline void must(const Result<void>& result) {
  if (!result.ok()) throw std::runtime_error(describe(result.error()));
}

/// One empty database: a file of its own, a schema of its own in a database of this process, or
/// (memory) whatever is opened. Removed at the end of its life, which handles must not outlast.
class Database {
 public:
  explicit Database(Backend backend);
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database();

  const Backend& backend() const;
  /// For open_storage() and Engine::open().
  std::string uri() const;
  /// A handle, not migrated. Memory: an empty store of its own.
  std::unique_ptr<Storage> open(const StorageOptions& options = {}, Seams seams = {}) const;
  std::unique_ptr<Storage> open_migrated(const StorageOptions& options = {},
                                         Seams seams = {}) const;
  /// Runs SQL past the library. REQUIRES: not memory.
  void execute(const std::string& sql) const;
  /// PostgreSQL: the conninfo of its database. SQLite: the file's path.
  std::string address() const;

 private:
  class Home;
  class Nowhere;
  class File;
  class Server;
  Backend backend_;
  std::unique_ptr<Home> home_;
};

}  // namespace holdfast::test
