// What each failure of SQLite means.
#include <sqlite3.h>

#include <memory>
#include <string>
#include <vector>

#include "storage/sqlite/errors.hpp"
#include "support/catch.hpp"

namespace holdfast::sqlite {
namespace {

struct Expected {
  int code;
  Status status;
  Retry retry;
  bool spoils;  ///< the connection
};

const std::vector<Expected> kCodes = {
    {SQLITE_BUSY, Status::kBusy, Retry::kSafe, false},
    {SQLITE_BUSY_SNAPSHOT, Status::kBusy, Retry::kSafe, false},
    {SQLITE_LOCKED, Status::kBusy, Retry::kSafe, false},
    {SQLITE_SCHEMA, Status::kBusy, Retry::kSafe, false},
    {SQLITE_CONSTRAINT_PRIMARYKEY, Status::kBusy, Retry::kSafe, false},
    {SQLITE_CONSTRAINT_UNIQUE, Status::kBusy, Retry::kSafe, false},
    {SQLITE_CONSTRAINT_ROWID, Status::kBusy, Retry::kSafe, false},
    {SQLITE_CONSTRAINT_CHECK, Status::kInvariant, Retry::kNever, false},
    {SQLITE_CONSTRAINT_FOREIGNKEY, Status::kInvariant, Retry::kNever, false},
    {SQLITE_CONSTRAINT_NOTNULL, Status::kInvariant, Retry::kNever, false},
    {SQLITE_NOMEM, Status::kNoMemory, Retry::kSafe, false},
    {SQLITE_FULL, Status::kUnavailable, Retry::kSafe, true},
    {SQLITE_IOERR_WRITE, Status::kUnavailable, Retry::kSafe, true},
    {SQLITE_IOERR_FSYNC, Status::kUnavailable, Retry::kSafe, true},
    {SQLITE_CANTOPEN, Status::kUnavailable, Retry::kSafe, true},
    {SQLITE_READONLY, Status::kUnavailable, Retry::kSafe, true},
    {SQLITE_READONLY_DBMOVED, Status::kUnavailable, Retry::kSafe, true},
    {SQLITE_PROTOCOL, Status::kUnavailable, Retry::kSafe, true},
    {SQLITE_PERM, Status::kUnavailable, Retry::kSafe, false},
    {SQLITE_CORRUPT, Status::kStorage, Retry::kNever, true},
    {SQLITE_NOTADB, Status::kStorage, Retry::kNever, true},
    {SQLITE_ERROR, Status::kStorage, Retry::kNever, false},
    {SQLITE_MISUSE, Status::kStorage, Retry::kNever, false},
    {SQLITE_TOOBIG, Status::kStorage, Retry::kNever, false},
};

}  // namespace

TEST_CASE("each SQLite code has its status and retry class, and says whether the file failed") {
  for (const Expected& expected : kCodes) {
    INFO(sqlite3_errstr(expected.code) << ", code " << expected.code);
    const Error error = error_of(nullptr, expected.code, "query");
    CHECK(name(error.status) == std::string(name(expected.status)));
    CHECK(name(error.retry) == std::string(name(expected.retry)));
    CHECK(spoils_connection(expected.code) == expected.spoils);
  }
}

TEST_CASE("a failed COMMIT whose end nobody knows is unknown, whatever the code") {
  for (const Expected& expected : kCodes) {
    const Error error = unknown_commit(nullptr, expected.code);
    CHECK(error.status == Status::kUnknown);
    CHECK(error.retry == Retry::kSameToken);
  }
}

TEST_CASE("a message tells of the failure that it is for, not of the connection's latest") {
  sqlite3* opened = nullptr;
  REQUIRE(sqlite3_open(":memory:", &opened) == SQLITE_OK);
  const std::unique_ptr<sqlite3, int (*)(sqlite3*)> db(opened, sqlite3_close);
  REQUIRE(sqlite3_exec(opened, "SELECT * FROM nowhere", nullptr, nullptr, nullptr) == SQLITE_ERROR);
  CHECK(error_of(opened, SQLITE_ERROR, "query").message ==
        "sqlite: query: no such table: nowhere (SQLite code 1)");
  CHECK(error_of(opened, SQLITE_FULL, "write").message ==
        "sqlite: write: database or disk is full (SQLite code 13)");
}

}  // namespace holdfast::sqlite
