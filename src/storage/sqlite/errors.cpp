#include "storage/sqlite/errors.hpp"

namespace holdfast::sqlite {
namespace {

struct Class {
  Status status;
  Retry retry;
};

Class constraint_class(int rc) {
  switch (rc) {
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_ROWID:
      return {Status::kBusy, Retry::kSafe};
    default:
      return {Status::kInvariant, Retry::kNever};
  }
}

Class class_of(int rc) {
  switch (rc & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_SCHEMA:
      return {Status::kBusy, Retry::kSafe};
    case SQLITE_CONSTRAINT:
      return constraint_class(rc);
    case SQLITE_NOMEM:
      return {Status::kNoMemory, Retry::kSafe};
    case SQLITE_FULL:
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_PROTOCOL:
      return {Status::kUnavailable, Retry::kSafe};
    default:
      return {Status::kStorage, Retry::kNever};
  }
}

std::string describe(sqlite3* db, int rc, std::string_view doing) {
  // errmsg() belongs to the latest call on the connection; the code says whether that is this one.
  const bool current = db != nullptr && sqlite3_extended_errcode(db) == rc;
  std::string message = "sqlite: ";
  message += doing;
  message += ": ";
  message += current ? sqlite3_errmsg(db) : sqlite3_errstr(rc);
  message += " (SQLite code " + std::to_string(rc) + ")";
  return message;
}

}  // namespace

Error error_of(sqlite3* db, int rc, std::string_view doing) {
  const Class found = class_of(rc);
  return {.status = found.status, .retry = found.retry, .message = describe(db, rc, doing)};
}

Error unknown_commit(sqlite3* db, int rc) {
  return {.status = Status::kUnknown,
          .retry = Retry::kSameToken,
          .message = describe(db, rc, "commit, done or not done")};
}

void damaged(const char* what) {
  throw Failure(Status::kStorage, Retry::kNever,
                std::string("sqlite: a row holds ") + what + " that Holdfast did not write");
}

bool spoils_connection(int rc) {
  switch (rc & 0xff) {
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PROTOCOL:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return true;
    default:
      return false;
  }
}

}  // namespace holdfast::sqlite
