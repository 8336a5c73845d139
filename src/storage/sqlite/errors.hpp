// What SQLite answers, as the Error that a caller can act on.
#pragma once

#include <sqlite3.h>

#include <exception>
#include <string>
#include <string_view>

#include "holdfast/error.hpp"

namespace holdfast::sqlite {

/// Ends a transaction. Thrown and caught inside this folder only: the public functions of the
/// backend turn it into the Error it carries.
class Failure : public std::exception {
 public:
  explicit Failure(Error error) : error_(std::move(error)) {}
  Failure(Status status, Retry retry, std::string message)
      : error_{.status = status, .retry = retry, .message = std::move(message)} {}
  Error& error() { return error_; }
  const char* what() const noexcept override { return error_.message.c_str(); }

 private:
  Error error_;
};

/// For a statement that was rolled back or never began: nothing was written.
Error error_of(sqlite3* db, int rc, std::string_view doing);

/// For a COMMIT after which the transaction can be neither found nor rolled back.
Error unknown_commit(sqlite3* db, int rc);

/// A row holds what Holdfast did not write: something else has changed the file. Throws Failure.
[[noreturn]] void damaged(const char* what);

/// The file or the disk failed: a connection that met this is closed, so that the next one reads
/// the file's state anew (a hot journal, a replaced file).
bool spoils_connection(int rc);

}  // namespace holdfast::sqlite
