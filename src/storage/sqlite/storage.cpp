// The SQLite backend: one write connection that transactions queue for, a few for reading, one
// file. README.md in the folder above says what the tables hold and why they are locked this way.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <thread>

#include "storage/backends.hpp"
#include "storage/fair_gate.hpp"
#include "storage/sqlite/connection.hpp"
#include "storage/sqlite/descriptors.hpp"
#include "storage/sqlite/list.hpp"
#include "storage/sqlite/load.hpp"
#include "storage/sqlite/location.hpp"
#include "storage/sqlite/readers.hpp"
#include "storage/sqlite/schema.hpp"
#include "storage/sqlite/write.hpp"
#include "storage/within.hpp"

namespace holdfast::sqlite {
namespace {

using std::chrono::steady_clock;

constexpr int kOldestLibrary = 3037000;  // STRICT tables

[[noreturn]] void refuse(std::string message) {
  throw Failure(Status::kConfiguration, Retry::kNever, "sqlite: " + std::move(message));
}

/// Failures and exceptions become values here; nothing is thrown past it.
template <class Function>
auto as_result(Function function) noexcept -> decltype(function()) {
  try {
    return function();
  } catch (Failure& failure) {
    return std::move(failure.error());
  } catch (const std::bad_alloc&) {
    return Error{.status = Status::kNoMemory, .retry = Retry::kSafe, .message = "out of memory"};
  } catch (const std::exception& other) {
    return Error{.status = Status::kInternal, .retry = Retry::kNever, .message = other.what()};
  } catch (...) {
    return Error{.status = Status::kInternal, .retry = Retry::kNever, .message = "exception"};
  }
}

void require_pragma(Connection& connection, const char* sql, std::int64_t wanted) {
  const std::int64_t found = connection.query_integer(sql);
  if (found == wanted) return;
  refuse(std::string(sql) + " is " + std::to_string(found) + ", not " + std::to_string(wanted));
}

void set_option(Connection& connection, int option, int value) {
  int set = -1;
  const int rc = sqlite3_db_config(connection.handle(), option, value, &set);
  if (rc != SQLITE_OK || set != value) refuse("this SQLite library lacks a needed option");
}

void set_up(Connection& connection) {
  // A bound status must not make SQLite plan anew for every value.
  set_option(connection, SQLITE_DBCONFIG_ENABLE_QPSG, 1);
  set_option(connection, SQLITE_DBCONFIG_DEFENSIVE, 1);
  set_option(connection, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
  connection.run_script(
      "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA mmap_size = 0;"
      "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096; PRAGMA secure_delete = ON;"
      // A page that many commits write is copied back once; 16 MiB, so that it takes milliseconds.
      "PRAGMA wal_autocheckpoint = 4096");
  require_pragma(connection, "PRAGMA foreign_keys", 1);
  require_pragma(connection, "PRAGMA synchronous", 2);
  require_pragma(connection, "PRAGMA temp_store", 2);
  Statement map_size = connection.statement("PRAGMA mmap_size");
  if (map_size.step() && map_size.integer(0) != 0) refuse("memory-mapped access cannot be off");
}

void set_journal(Connection& connection, Journal journal) {
  const std::string found = connection.query_text(
      journal == Journal::kWal ? "PRAGMA journal_mode = WAL" : "PRAGMA journal_mode = PERSIST");
  if (found == name(journal)) return;
  refuse(std::string("journal_mode is ") + found + ", not " + name(journal));
}

/// Whether the rows as they were must not stay behind in the journal.
bool erases(const Changes& changes) {
  return !changes.removals.empty() ||
         std::any_of(changes.hold_updates.begin(), changes.hold_updates.end(),
                     [](const HoldUpdate& update) { return update.hold.customer_email.empty(); });
}

void require_within(const Scope& scope, const Changes& changes) {
  if (auto outside = refuse_outside(scope, changes)) {
    throw Failure(outside->status, outside->retry, outside->message);
  }
}

class SqliteStorage final : public Storage {
 public:
  SqliteStorage(Location location, const StorageOptions& options, Seams seams)
      : location_(std::move(location)),
        options_(options),
        seams_(seams),
        readers_(std::max(options.connections_max - 1, 1), [this] { return open_reader(); }) {
    if (!location_.in_memory) require_file_system();
    if (!location_.in_memory) look_for_strangers();
    writer_ = open_writer(location_.in_memory ? 0 : SQLITE_OPEN_CREATE);
    log(LogLevel::kInfo, describe());
  }

  Result<std::int32_t> migrate() override {
    return as_result([&]() -> Result<std::int32_t> { return do_migrate(); });
  }

  Result<void> transact(const Scope& scope, const DecideFn& decide,
                        const MeanwhileFn& meanwhile) override {
    meanwhile();
    return as_result([&]() -> Result<void> {
      if (seams_.lock) {
        do_transact(scope, decide);
      } else {
        do_transact_unlocked(scope, decide);
      }
      return {};
    });
  }

  Result<Snapshot> read(const Scope& scope) override {
    return as_result([&]() -> Result<Snapshot> {
      return in_read<Snapshot>([&](Connection& connection, Instant moment) {
        return load_scope(connection, scope, moment, DueHolds::kLeave);
      });
    });
  }

  Result<ListPage> list(const ListQuery& query) override {
    return as_result([&]() -> Result<ListPage> {
      return in_read<ListPage>([&](Connection& connection, Instant moment) {
        return list_page(connection, query, moment);
      });
    });
  }

  std::int32_t transactions_max() const override { return 1; }

  StorageCounters counters() const override {
    return {.lock_waits = counters_.waits.load(std::memory_order_relaxed),
            .lock_timeouts = counters_.timeouts.load(std::memory_order_relaxed)};
  }

  std::string describe() const override {
    std::string line = std::string("SQLite ") + sqlite3_libversion();
    if (location_.in_memory) return line + ", in memory: nothing outlives this process";
    return line + ", journal_mode=" + name(location_.journal) +
           ", synchronous=FULL: what is committed has reached the disk";
  }

 private:
  /// The write connection, for one thread.
  class Turn {
   public:
    explicit Turn(SqliteStorage& storage) : storage_(storage) {
      storage.require_not_forked();
      bool waited = false;
      const bool entered =
          storage.gate_.enter(steady_clock::now() + storage.options_.lock_timeout, waited);
      if (waited) storage.counters_.waits.fetch_add(1, std::memory_order_relaxed);
      if (!entered) {
        storage.counters_.timeouts.fetch_add(1, std::memory_order_relaxed);
        throw Failure(Status::kBusy, Retry::kSafe,
                      "sqlite: other transactions of this process hold the database");
      }
      try {
        storage.prepare_writer();
      } catch (...) {
        storage.gate_.leave();
        throw;
      }
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn() { storage_.gate_.leave(); }

    Connection& connection() { return *storage_.writer_; }

   private:
    SqliteStorage& storage_;
  };

  std::unique_ptr<Connection> open_connection(int flags) {
    auto connection = std::make_unique<Connection>(location_.path, flags, counters_);
    connection->wait_until(steady_clock::now() + options_.lock_timeout);
    if (sqlite3_db_readonly(connection->handle(), "main") == 1) {
      refuse("the file cannot be written");
    }
    try {
      set_up(*connection);
    } catch (const Failure&) {
      if ((connection->last_failure() & 0xff) != SQLITE_NOTADB) throw;
      throw Failure(Status::kSchema, Retry::kNever, "sqlite: the file is not an SQLite database");
    }
    return connection;
  }

  std::unique_ptr<Connection> open_writer(int flags) {
    auto connection = open_connection(flags);
    // Looked at before anything is set: another program's file stays as it is, and an empty one
    // gets its journal mode from migrate().
    FileState state = FileState::kEmpty;
    {
      Transaction transaction(*connection, Transaction::Kind::kRead, options_.lock_timeout);
      state = inspect(*connection);
    }
    if (state != FileState::kEmpty) adopt_journal(*connection);
    return connection;
  }

  /// Also needed for reading: a reader may have to roll back what a crashed writer left, hence no
  /// read-only handle.
  std::unique_ptr<Connection> open_reader() {
    auto connection = open_connection(0);
    connection->run_script("PRAGMA query_only = ON");
    require_pragma(*connection, "PRAGMA query_only", 1);
    return connection;
  }

  void adopt_journal(Connection& connection) {
    if (!location_.in_memory) set_journal(connection, location_.journal);
  }

  /// After the file has failed, its state is read anew by a new connection. A database in memory
  /// would be gone with its connection.
  void prepare_writer() {
    if (location_.in_memory) return;
    if (writer_ != nullptr && writer_->spoilt()) {
      log(LogLevel::kWarning, "sqlite: the write connection failed and is opened again");
      writer_.reset();
    }
    if (writer_ == nullptr) writer_ = open_writer(0);
    if (steady_clock::now() >= next_look_) look_for_strangers();
    give_way();
  }

  // The process's locks and descriptors are not a forked child's.
  void require_not_forked() const {
    if (getpid() == pid_) return;
    throw Failure(Status::kMisuse, Retry::kNever,
                  "sqlite: the engine was opened before fork(); open one after it");
  }

  void require_file_system() const {
    const FileSystem found = file_system_of(location_.path);
    if (found == FileSystem::kNetwork) {
      refuse(
          "the file is on a network file system, where locks do not hold from machine to machine: "
          "use a local disk, or PostgreSQL");
    }
    if (found == FileSystem::kDoubtful) {
      log(LogLevel::kWarning,
          "sqlite: the file is on FUSE or 9p: only safe where those pass on locks and syncs");
    }
  }

  void look_for_strangers() {
    next_look_ = steady_clock::now() + kBetweenLooks;
    const Stranger found = find_stranger(location_.path);
    if (found == Stranger::kLibrary) {
      refuse(
          "a second SQLite library in this process has the file open; each drops the other's "
          "locks, and committed bookings could be lost: leave the file to this library, or open "
          "it in another process");
    }
    if (found == Stranger::kReader && !told_of_reader_) {
      told_of_reader_ = true;
      log(LogLevel::kWarning,
          "sqlite: this process has the file open for reading; unless that is this SQLite "
          "library, closing it drops the locks of running transactions");
    }
  }

  /// Who waits for the file in another process polls for it; a process that takes it again at once
  /// would nearly always win. So while others write too, there is a pause between two turns.
  void give_way() {
    using namespace std::chrono_literals;
    if (steady_clock::now() >= shared_until_) return;
    std::this_thread::sleep_for(kPause);
  }

  void notice_others(Connection& connection) {
    if (location_.in_memory) return;
    const std::int64_t version = connection.query_integer("PRAGMA data_version");
    if (connection.waited() || version != data_version_) {
      shared_until_ = steady_clock::now() + kShared;
    }
    data_version_ = version;
  }

  /// REQUIRES: in a transaction of the write connection.
  void require_writable(Connection& connection) {
    require_current(connection);
    if (location_.in_memory || location_.journal == Journal::kWal) return;
    if (connection.query_text("PRAGMA journal_mode") != "wal") return;
    refuse(
        "another process has put the file into WAL mode while this one keeps a rollback journal: "
        "open it everywhere with the same ?journal=");
  }

  Instant now() const {
    if (options_.clock) return options_.clock();
    return std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  }

  std::int32_t do_migrate() {
    Turn turn(*this);
    Connection& connection = turn.connection();
    {
      Transaction transaction(connection, Transaction::Kind::kWrite, options_.lock_timeout);
      sqlite::migrate(connection);
      transaction.commit();
    }
    log(LogLevel::kInfo, "sqlite: schema version " + std::to_string(schema_version()));
    connection.wait_until(steady_clock::now() + options_.lock_timeout);
    adopt_journal(connection);
    return static_cast<std::int32_t>(schema_version());
  }

  void do_transact(const Scope& scope, const DecideFn& decide) {
    Turn turn(*this);
    Connection& connection = turn.connection();
    Transaction transaction(connection, Transaction::Kind::kWrite, options_.lock_timeout);
    notice_others(connection);
    require_writable(connection);
    const Instant moment = now();
    mark_overdue(connection, moment);
    const Changes changes = decide(load_scope(connection, scope, moment, DueHolds::kLoad));
    require_within(scope, changes);
    write_changes(connection, changes, moment, seams_.guard);
    const bool leave_no_trace = location_.journal == Journal::kPersist && erases(changes);
    if (leave_no_trace) connection.run_script("PRAGMA journal_size_limit = 0");
    transaction.commit();
    if (leave_no_trace) keep_journal(connection);
  }

  /// It is committed, whatever comes now: a connection that cannot be set back is replaced.
  static void keep_journal(Connection& connection) {
    try {
      connection.run_script("PRAGMA journal_size_limit = -1");
    } catch (...) {
      connection.spoil();
    }
  }

  /// Without the lock: others may write between what decide sees and what it wants written.
  void do_transact_unlocked(const Scope& scope, const DecideFn& decide) {
    {
      Turn turn(*this);
      Transaction transaction(turn.connection(), Transaction::Kind::kWrite, options_.lock_timeout);
      mark_overdue(turn.connection(), now());
      transaction.commit();
    }
    Snapshot snapshot = in_read<Snapshot>([&](Connection& connection, Instant moment) {
      return load_scope(connection, scope, moment, DueHolds::kLoad);
    });
    const Instant moment = snapshot.now;
    const Changes changes = decide(std::move(snapshot));
    require_within(scope, changes);
    Turn turn(*this);
    Connection& connection = turn.connection();
    Transaction transaction(connection, Transaction::Kind::kWrite, options_.lock_timeout);
    require_writable(connection);
    write_changes(connection, changes, moment, seams_.guard);
    transaction.commit();
  }

  template <class Value, class Function>
  Value in_read(Function function) {
    if (location_.in_memory || options_.connections_max < 2) {
      Turn turn(*this);
      return read_on<Value>(turn.connection(), function);
    }
    require_not_forked();
    auto connection = readers_.take(steady_clock::now() + options_.lock_timeout);
    struct GiveBack {
      Readers& readers;
      std::unique_ptr<Connection>& connection;
      ~GiveBack() { readers.give_back(std::move(connection)); }
    } give_back{readers_, connection};
    return read_on<Value>(*connection, function);
  }

  template <class Value, class Function>
  Value read_on(Connection& connection, Function& function) {
    Transaction transaction(connection, Transaction::Kind::kRead, options_.lock_timeout);
    // The first statement that reads the file fixes the moment; the clock comes after it.
    require_current(connection);
    Value value = function(connection, now());
    transaction.commit();
    return value;
  }

  void log(LogLevel level, std::string_view line) const {
    try {
      if (options_.log) options_.log(level, line);
    } catch (...) {  // a log line must not decide what becomes of a booking
    }
  }

  static constexpr std::chrono::microseconds kPause{250};
  static constexpr std::chrono::milliseconds kShared{100};
  static constexpr std::chrono::seconds kBetweenLooks{1};

  const Location location_;
  const StorageOptions options_;
  const Seams seams_;
  const pid_t pid_ = getpid();
  LockCounters counters_;
  FairGate gate_{1};
  // By whoever has the gate.
  std::unique_ptr<Connection> writer_;
  std::int64_t data_version_ = 0;
  steady_clock::time_point shared_until_{};
  steady_clock::time_point next_look_{};
  bool told_of_reader_ = false;
  Readers readers_;
};

}  // namespace
}  // namespace holdfast::sqlite

namespace holdfast {

Result<std::unique_ptr<Storage>> open_sqlite(std::string_view path, const StorageOptions& options,
                                             Seams seams) {
  return sqlite::as_result([&]() -> Result<std::unique_ptr<Storage>> {
    if (sqlite3_libversion_number() < sqlite::kOldestLibrary) {
      sqlite::refuse(std::string("library 3.37 or newer is needed, this is ") +
                     sqlite3_libversion());
    }
    if (sqlite3_threadsafe() == 0) sqlite::refuse("the library was built without threads");
    Result<sqlite::Location> location = sqlite::parse_location(path);
    if (!location) return std::move(location.error());
    return std::unique_ptr<Storage>(
        std::make_unique<sqlite::SqliteStorage>(std::move(*location), options, seams));
  });
}

}  // namespace holdfast
