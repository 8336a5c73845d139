#include "storage/sqlite/connection.hpp"

#include <unistd.h>

#include <algorithm>
#include <new>
#include <thread>

#include "holdfast/operations.hpp"
#include "storage/sqlite/descriptors.hpp"
#include "storage/sqlite/gathering_vfs.hpp"

namespace holdfast::sqlite {

using std::chrono::microseconds;
using std::chrono::steady_clock;

// ---- Statement ----------------------------------------------------------------------------------

void Statement::check(int rc) {
  if (rc != SQLITE_OK) connection_.fail(rc, "bind");
}

Statement& Statement::bind(int index, std::int64_t value) {
  check(sqlite3_bind_int64(stmt_, index, value));
  return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
  // A null pointer would bind NULL, and an empty view may hold one.
  const char* data = text.empty() ? "" : text.data();
  check(sqlite3_bind_text64(stmt_, index, data, text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind_null(int index) {
  check(sqlite3_bind_null(stmt_, index));
  return *this;
}

bool Statement::step() {
  const int rc = sqlite3_step(stmt_);
  if (rc == SQLITE_ROW) return true;
  if (rc != SQLITE_DONE) connection_.fail(rc, "query");
  return false;
}

std::int64_t Statement::run() {
  const int rc = sqlite3_step(stmt_);
  if (rc != SQLITE_DONE && rc != SQLITE_ROW) connection_.fail(rc, "write");
  const std::int64_t changed = sqlite3_changes(connection_.handle());
  sqlite3_reset(stmt_);
  return changed;
}

std::int32_t Statement::places(int column) const {
  const std::int64_t value = integer(column);
  if (value < -bounds::kCapacityMax || value > bounds::kCapacityMax) damaged("a number");
  return static_cast<std::int32_t>(value);
}

Instant Statement::instant(int column) const {
  constexpr std::int64_t kMin = -62135596800000000;
  constexpr std::int64_t kMax = 253402300799999999;
  const std::int64_t micros = integer(column);
  if (micros < kMin || micros > kMax) damaged("an instant");
  return Instant(std::chrono::microseconds(micros));
}

std::string_view Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(stmt_, column));
  if (data != nullptr) {
    return {data, static_cast<std::size_t>(sqlite3_column_bytes(stmt_, column))};
  }
  // NULL is an empty text; but no memory to hand out a text that is there must not look like one.
  if (sqlite3_errcode(connection_.handle()) == SQLITE_NOMEM) throw std::bad_alloc();
  return {};
}

// ---- Connection ---------------------------------------------------------------------------------

Connection::Connection(const std::string& path, int flags, LockCounters& counters)
    : path_(path), pid_(getpid()) {
  const OwnDescriptors own(path);
  wait_.counters = &counters;
  wait_.jitter.seed(std::random_device{}());
  sqlite3* db = nullptr;
  const int rc = sqlite3_open_v2(
      path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | flags, gathering_vfs());
  db_.reset(db);
  if (db != nullptr) sqlite3_extended_result_codes(db, 1);
  if (rc != SQLITE_OK) fail(db == nullptr ? rc : sqlite3_extended_errcode(db), "open");
  sqlite3_busy_handler(db, &Connection::on_busy, &wait_);
}

Connection::~Connection() {
  if (getpid() != pid_) {
    // A forked child has the descriptors but none of the locks: closing properly would write.
    for (auto& [sql, stmt] : statements_) static_cast<void>(stmt.release());
    static_cast<void>(db_.release());
    return;
  }
  const OwnDescriptors own(path_);
  statements_.clear();
  db_.reset();
}

Statement Connection::statement(const char* sql) {
  auto& kept = statements_[sql];
  if (kept == nullptr) {
    sqlite3_stmt* stmt = nullptr;
    const int rc =
        sqlite3_prepare_v3(db_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &stmt, nullptr);
    if (rc != SQLITE_OK) fail(rc, "prepare");
    kept.reset(stmt);
  }
  return {*this, kept.get()};
}

std::int64_t Connection::query_integer(const char* sql) {
  Statement query = statement(sql);
  if (!query.step()) throw Failure(Status::kStorage, Retry::kNever, "query: no row");
  return query.integer(0);
}

std::string Connection::query_text(const char* sql) {
  Statement query = statement(sql);
  if (!query.step()) throw Failure(Status::kStorage, Retry::kNever, "query: no row");
  return std::string(query.text(0));
}

void Connection::run_script(const char* sql) {
  const int rc = sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr);
  if (rc != SQLITE_OK) fail(rc, "script");
}

void Connection::wait_until(steady_clock::time_point deadline) { wait_.deadline = deadline; }

void Connection::fail(int rc, std::string_view doing) {
  last_failure_ = rc;
  if (spoils_connection(rc)) spoilt_ = true;
  throw Failure(error_of(db_.get(), rc, doing));
}

int Connection::on_busy(void* wait, int count) {
  auto& self = *static_cast<Wait*>(wait);
  if (!self.counted) {
    self.counted = true;
    self.counters->waits.fetch_add(1, std::memory_order_relaxed);
  }
  if (steady_clock::now() >= self.deadline) {
    self.counters->timeouts.fetch_add(1, std::memory_order_relaxed);
    return 0;
  }
  // Steps of random length: two processes that poll in step would always lose to the same third.
  const int longest = std::min(200 * (count + 1), 1000);
  std::this_thread::sleep_for(
      microseconds(std::uniform_int_distribution<int>(50, longest)(self.jitter)));
  return 1;
}

// ---- Transaction --------------------------------------------------------------------------------

Transaction::Transaction(Connection& connection, Kind kind, std::chrono::milliseconds lock_timeout)
    : connection_(connection), lock_timeout_(lock_timeout) {
  connection.begin_waiting();
  connection.wait_until(steady_clock::now() + lock_timeout);
  connection.statement(kind == Kind::kWrite ? "BEGIN IMMEDIATE" : "BEGIN").run();
}

void Transaction::commit() {
  // With a rollback journal COMMIT waits for readers: a lock of its own, with a time of its own.
  connection_.wait_until(steady_clock::now() + lock_timeout_);
  try {
    connection_.statement("COMMIT").run();
  } catch (const Failure&) {
    const int rc = connection_.last_failure();
    // Still open and then rolled back: it is known that nothing was written, and the failure says
    // why. SQLite closing it by itself may have come before or after the point of no return.
    if (connection_.in_transaction() && roll_back()) throw;
    connection_.spoil();
    throw Failure(unknown_commit(connection_.handle(), rc));
  }
}

bool Transaction::roll_back() {
  if (!connection_.in_transaction()) return true;
  sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  if (!connection_.in_transaction()) return true;
  connection_.spoil();
  return false;
}

}  // namespace holdfast::sqlite
