// One sqlite3 connection, its prepared statements and its transactions.
#pragma once

#include <sqlite3.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <unordered_map>

#include "holdfast/types.hpp"
#include "storage/sqlite/errors.hpp"

namespace holdfast::sqlite {

struct LockCounters {
  std::atomic<std::int64_t> waits{0};
  std::atomic<std::int64_t> timeouts{0};
};

class Connection;

/// A borrowed prepared statement, reset when it goes. Bound text is not copied: it must live until
/// then or until the next reset().
class Statement {
 public:
  Statement(Connection& connection, sqlite3_stmt* stmt) : connection_(connection), stmt_(stmt) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_reset(stmt_); }

  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, Instant instant) {
    return bind(index, instant.time_since_epoch().count());
  }
  Statement& bind_null(int index);

  /// True: there is a row. False: done.
  bool step();
  /// Runs a statement without rows and makes it ready for the next values; the rows it changed.
  std::int64_t run();
  void reset() { sqlite3_reset(stmt_); }

  bool is_null(int column) const { return sqlite3_column_type(stmt_, column) == SQLITE_NULL; }
  std::int64_t integer(int column) const { return sqlite3_column_int64(stmt_, column); }
  /// Places; throws Failure (kStorage) on more than there can be, also below 0.
  std::int32_t places(int column) const;
  /// Throws Failure (kStorage) outside the years 1 to 9999.
  Instant instant(int column) const;
  /// Valid until the next step() or reset().
  std::string_view text(int column) const;

 private:
  void check(int rc);

  Connection& connection_;
  sqlite3_stmt* stmt_;
};

/// For one thread at a time.
class Connection {
 public:
  /// `flags`: SQLITE_OPEN_CREATE or 0.
  Connection(const std::string& path, int flags, LockCounters& counters);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  /// Prepared once. `sql` must be a literal: its address is the key.
  Statement statement(const char* sql);
  /// The first value of the first row; throws when there is none.
  std::int64_t query_integer(const char* sql);
  std::string query_text(const char* sql);
  /// Several statements, not kept.
  void run_script(const char* sql);

  /// Until `deadline`, and not longer, a statement waits for another process's lock.
  void wait_until(std::chrono::steady_clock::time_point deadline);
  /// A transaction begins: its first wait is counted, and no other.
  void begin_waiting() { wait_.counted = false; }
  /// Whether anything has waited since begin_waiting().
  bool waited() const { return wait_.counted; }

  bool in_transaction() const { return sqlite3_get_autocommit(db_.get()) == 0; }
  bool spoilt() const { return spoilt_; }
  void spoil() { spoilt_ = true; }
  /// The code that the latest fail() was about.
  int last_failure() const { return last_failure_; }
  sqlite3* handle() { return db_.get(); }
  [[noreturn]] void fail(int rc, std::string_view doing);

 private:
  struct Wait {
    std::chrono::steady_clock::time_point deadline{};
    bool counted = false;
    LockCounters* counters = nullptr;
    std::minstd_rand jitter{};
  };
  struct CloseDatabase {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  struct Finalize {
    void operator()(sqlite3_stmt* stmt) const { sqlite3_finalize(stmt); }
  };
  static int on_busy(void* wait, int count);

  const std::string path_;
  const pid_t pid_;
  Wait wait_;
  std::unique_ptr<sqlite3, CloseDatabase> db_;
  std::unordered_map<const char*, std::unique_ptr<sqlite3_stmt, Finalize>> statements_;
  bool spoilt_ = false;
  int last_failure_ = SQLITE_OK;
};

/// Rolled back unless committed.
class Transaction {
 public:
  enum class Kind { kRead, kWrite };
  Transaction(Connection& connection, Kind kind, std::chrono::milliseconds lock_timeout);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction() { roll_back(); }

  void commit();

 private:
  bool roll_back();

  Connection& connection_;
  std::chrono::milliseconds lock_timeout_;
};

}  // namespace holdfast::sqlite
