// What reaches the file system of the log's and the journal's many small writes, and when.
#include <signal.h>
#include <sqlite3.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

#include "process.hpp"
#include "shop.hpp"
#include "sqlite_shim.hpp"
#include "storage/sqlite/gathering_vfs.hpp"
#include "support/random.hpp"

namespace holdfast::test {
namespace {

using Fault = FailingDisk::Fault;

// More than one run holds, and few enough to let each write fail in turn.
constexpr int kRows = 40;
constexpr int kPage = 4096;
const std::vector<std::string> kJournals = {"persist", "wal"};

// ---- a disk that notes what is written, and on which a process dies
// ------------------------------

struct Event {
  enum class Kind { kWrite, kSync } kind;
  enum class File { kDatabase, kJournal } file;
  int size;
};

std::vector<Event> events;
int die_at = 0;
const sqlite3_io_methods* below = nullptr;

template <Event::File kFile>
int on_write(sqlite3_file* file, const void* from, int size, sqlite3_int64 at) {
  events.push_back({Event::Kind::kWrite, kFile, size});
  if (static_cast<int>(events.size()) != die_at) return below->xWrite(file, from, size, at);
  below->xWrite(file, from, size / 2, at);
  return raise(SIGKILL);
}

template <Event::File kFile>
int on_sync(sqlite3_file* file, int flags) {
  events.push_back({Event::Kind::kSync, kFile, 0});
  if (static_cast<int>(events.size()) == die_at) return raise(SIGKILL);
  return below->xSync(file, flags);
}

/// What a disk is said to be able to do.
struct Abilities {
  int version = 3;       ///< of the VFS
  int file_version = 3;  ///< of its files' methods
  bool shares = true;    ///< memory between processes, which a log needs
  int room = 0;          ///< bytes that a file takes beyond the system's own
  int traits = SQLITE_IOCAP_POWERSAFE_OVERWRITE;
};
Abilities abilities;

int on_traits(sqlite3_file*) { return abilities.traits; }

/// SQLite's default VFS while it lives, for one thread: the system's own, with two methods changed.
class NotingDisk {
 public:
  explicit NotingDisk(const Abilities& has = {}) {
    abilities = has;
    real_ = sqlite3_vfs_find(nullptr);
    own() = *real_;
    own().iVersion = has.version;
    own().szOsFile += has.room;
    own().zName = "noting disk";
    own().xOpen = on_open;
    events.clear();
    die_at = 0;
    sqlite3_vfs_register(&own(), 1);
  }
  NotingDisk(const NotingDisk&) = delete;
  NotingDisk& operator=(const NotingDisk&) = delete;
  ~NotingDisk() {
    sqlite3_vfs_unregister(&own());
    sqlite3_vfs_register(real_, 1);
  }

 private:
  static sqlite3_vfs& own() {
    static sqlite3_vfs vfs;
    return vfs;
  }

  template <Event::File kFile>
  static void note(sqlite3_file* file) {
    static sqlite3_io_methods changed;
    below = file->pMethods;
    changed = *below;
    changed.xWrite = on_write<kFile>;
    changed.xSync = on_sync<kFile>;
    changed.xDeviceCharacteristics = on_traits;
    changed.iVersion = std::min(changed.iVersion, abilities.file_version);
    if (!abilities.shares) {
      changed.xShmMap = nullptr;
      changed.xShmLock = nullptr;
      changed.xShmBarrier = nullptr;
      changed.xShmUnmap = nullptr;
    }
    file->pMethods = &changed;
  }

  static int on_open(sqlite3_vfs*, const char* path, sqlite3_file* file, int flags, int* out) {
    const int rc = real_->xOpen(real_, path, file, flags, out);
    if (rc != SQLITE_OK) return rc;
    if ((flags & SQLITE_OPEN_MAIN_DB) != 0) note<Event::File::kDatabase>(file);
    if ((flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL)) != 0) {
      note<Event::File::kJournal>(file);
    }
    return rc;
  }

  inline static sqlite3_vfs* real_ = nullptr;
};

// ---- connections --------------------------------------------------------------------------------

class Sql {
 public:
  enum class Through { kGathering, kSystem };

  Sql(const std::string& path, const std::string& journal, Through through = Through::kGathering) {
    sqlite3* opened = nullptr;
    const int rc =
        sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                        through == Through::kGathering ? sqlite::gathering_vfs() : nullptr);
    file_.reset(opened);
    if (rc != SQLITE_OK) throw std::runtime_error("not opened: " + path);
    sqlite3_busy_timeout(opened, 10'000);
    must("PRAGMA synchronous = FULL");
    if (!journal.empty()) must("PRAGMA journal_mode = " + journal);
  }

  int run(const std::string& sql) {
    return sqlite3_exec(file_.get(), sql.c_str(), nullptr, nullptr, nullptr);
  }
  void must(const std::string& sql) {
    if (run(sql) != SQLITE_OK) throw std::runtime_error(sql + ": " + sqlite3_errmsg(file_.get()));
  }
  std::string value(const std::string& sql) {
    std::string out;
    const auto keep = [](void* text, int, char** columns, char**) {
      *static_cast<std::string*>(text) = columns[0] == nullptr ? "" : columns[0];
      return 0;
    };
    if (sqlite3_exec(file_.get(), sql.c_str(), keep, &out, nullptr) != SQLITE_OK)
      throw std::runtime_error(sql + ": " + sqlite3_errmsg(file_.get()));
    return out;
  }
  /// Of a transaction that has written something.
  sqlite3_file* journal() {
    sqlite3_file* out = nullptr;
    sqlite3_file_control(file_.get(), "main", SQLITE_FCNTL_JOURNAL_POINTER, &out);
    return out;
  }
  bool in_transaction() { return sqlite3_get_autocommit(file_.get()) == 0; }

 private:
  std::unique_ptr<sqlite3, int (*)(sqlite3*)> file_{nullptr, sqlite3_close};
};

std::string update_to(const std::string& mark) {
  return "UPDATE pages SET mark = '" + mark + "', fill = randomblob(3000)";
}

/// A row to a page, each with the mark 'old'.
void fill(Sql& sql) {
  sql.must("CREATE TABLE pages (id INTEGER PRIMARY KEY, mark TEXT, fill BLOB)");
  sql.must("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < " +
           std::to_string(kRows) + ") INSERT INTO pages SELECT i, 'old', randomblob(3000) FROM n");
}

/// The mark that all rows have.
std::string state(Sql& sql) {
  return sql.value("SELECT group_concat(mark, ' ') FROM (SELECT DISTINCT mark FROM pages)");
}

std::string broken(Sql& sql) {
  const std::string found = sql.value("PRAGMA integrity_check");
  return found == "ok" ? "" : found;
}

struct File {
  TemporaryFolder folder{};
  std::string path = folder.path() + "/file.db";
};

}  // namespace

// ---- what is written, and when ------------------------------------------------------------------

TEST_CASE("a commit is written to the log or journal in few pieces, all before the sync") {
  for (const auto& journal : kJournals) {
    INFO("journal: " << journal);
    NotingDisk disk;
    const File file;
    Sql sql(file.path, journal);
    fill(sql);
    events.clear();
    sql.must(update_to("new"));
    int writes = 0;
    int bytes = 0;
    int unsynced = 0;
    for (const Event& event : events) {
      if (event.file == Event::File::kDatabase) {
        REQUIRE(unsynced == 0);
        continue;
      }
      const bool written = event.kind == Event::Kind::kWrite;
      writes += written ? 1 : 0;
      bytes += event.size;
      unsynced = written ? unsynced + 1 : 0;
    }
    CHECK(unsynced == 0);
    CHECK(bytes > kRows * kPage);
    CHECK(writes <= bytes / 60'000 + 4);
  }
}

TEST_CASE("without memory to gather in, commits are written through") {
  for (const auto& journal : kJournals) {
    INFO("journal: " << journal);
    NotingDisk disk;
    const File file;
    {
      Sql sql(file.path, journal);
      fill(sql);
    }
    Sql sql(file.path, journal);
    REQUIRE(state(sql) == "old");
    events.clear();
    sqlite3_hard_heap_limit64(sqlite3_memory_used() + 60'000);
    const int rc = sql.run("UPDATE pages SET mark = 'new' WHERE id <= 5");
    sqlite3_hard_heap_limit64(0);
    REQUIRE(rc == SQLITE_OK);
    CHECK(events.size() >= 10);
    Sql other(file.path, "", Sql::Through::kSystem);
    CHECK(other.value("SELECT count(*) FROM pages WHERE mark = 'new'") == "5");
    CHECK(broken(other).empty());
  }
}

TEST_CASE(
    "on a disk that gathering was not thought for, each write goes to the file in its order") {
  const int safe = SQLITE_IOCAP_POWERSAFE_OVERWRITE;
  for (const auto& journal : kJournals) {
    for (const int traits : {0, safe | SQLITE_IOCAP_SEQUENTIAL}) {
      INFO("journal: " << journal << ", traits: " << traits);
      NotingDisk disk({.traits = traits});
      const File file;
      Sql sql(file.path, journal);
      fill(sql);
      events.clear();
      sql.must(update_to("new"));
      const auto writes = std::count_if(events.begin(), events.end(), [](const Event& event) {
        return event.kind == Event::Kind::kWrite && event.file == Event::File::kJournal;
      });
      CHECK(writes >= kRows);
      CHECK(state(sql) == "new");
      CHECK(broken(sql).empty());
    }
  }
}

TEST_CASE("over a VFS that can do less, less is done, and as well") {
  // Each stands at the address of the one before.
  int added_before =
      sqlite3_vfs_find(sqlite::gathering_vfs())->szOsFile - sqlite3_vfs_find(nullptr)->szOsFile;
  for (const Abilities& has :
       {Abilities{}, Abilities{.version = 1, .file_version = 1},
        Abilities{.version = 2, .file_version = 2, .shares = false},
        Abilities{.version = 2, .file_version = 2, .shares = false, .room = 64}}) {
    INFO("version: " << has.version << ", room: " << has.room);
    NotingDisk disk(has);
    const sqlite3_vfs* const made = sqlite3_vfs_find(sqlite::gathering_vfs());
    CHECK(made->iVersion == has.version);
    const int added = made->szOsFile - sqlite3_vfs_find(nullptr)->szOsFile;
    CHECK(added == std::exchange(added_before, added));
    const File file;
    Sql sql(file.path, "persist");
    fill(sql);
    sql.must(update_to("new"));
    if (has.file_version < 2 || !has.shares)
      CHECK(sql.value("PRAGMA journal_mode = WAL") == "persist");
    Sql other(file.path, "", Sql::Through::kSystem);
    CHECK(state(other) == "new");
    CHECK(broken(other).empty());
  }
}

TEST_CASE("where gathering is the default already, a commit is gathered once, and is whole") {
  sqlite3_vfs* const system = sqlite3_vfs_find(nullptr);
  for (const auto& journal : kJournals) {
    const File file;
    sqlite3_vfs_register(sqlite3_vfs_find(sqlite::gathering_vfs()), 1);
    {
      Sql sql(file.path, journal);
      fill(sql);
      sql.must(update_to("new"));
    }
    sqlite3_vfs_register(system, 1);
    Sql other(file.path, "", Sql::Through::kSystem);
    CHECK(state(other) == "new");
    CHECK(broken(other).empty());
  }
}

TEST_CASE("a transaction over two files is committed in both, or in neither") {
  for (const bool commits : {true, false}) {
    const File file;
    const File second;
    Sql sql(file.path, "persist");
    fill(sql);
    {
      Sql another(second.path, "persist");
      fill(another);
    }
    sql.must("ATTACH '" + second.path + "' AS second");
    sql.must("BEGIN");
    sql.must("UPDATE main.pages SET mark = 'new', fill = randomblob(3000)");
    sql.must("UPDATE second.pages SET mark = 'new', fill = randomblob(3000)");
    sql.must(commits ? "COMMIT" : "ROLLBACK");
    for (const std::string& path : {file.path, second.path}) {
      Sql other(path, "", Sql::Through::kSystem);
      CHECK(state(other) == (commits ? "new" : "old"));
      CHECK(broken(other).empty());
    }
  }
}

namespace {

/// The journal of an open transaction, past what SQLite has in it, beside what it must read like.
class Beside {
 public:
  explicit Beside(sqlite3_file* file) : file_(file) {}

  std::size_t size() const { return expected_.size(); }

  void write(std::size_t at, const std::string& bytes) {
    if (size() < at + bytes.size()) expected_.resize(at + bytes.size());
    expected_.replace(at, bytes.size(), bytes);
    REQUIRE(file_->pMethods->xWrite(file_, bytes.data(), static_cast<int>(bytes.size()),
                                    place(at)) == SQLITE_OK);
  }
  void truncate(std::size_t size) {
    expected_.resize(size);
    REQUIRE(file_->pMethods->xTruncate(file_, place(size)) == SQLITE_OK);
  }
  /// What is past the end reads as zeros.
  void check(std::size_t at, std::size_t size) const {
    std::string wanted = at < expected_.size() ? expected_.substr(at, size) : "";
    wanted.resize(size);
    std::string found(size, '?');
    const int rc = file_->pMethods->xRead(file_, found.data(), static_cast<int>(size), place(at));
    REQUIRE(rc == (at + size <= expected_.size() ? SQLITE_OK : SQLITE_IOERR_SHORT_READ));
    REQUIRE(found == wanted);
    sqlite3_int64 bytes = 0;
    REQUIRE(file_->pMethods->xFileSize(file_, &bytes) == SQLITE_OK);
    if (!expected_.empty()) REQUIRE(bytes == place(expected_.size()));
  }

 private:
  static sqlite3_int64 place(std::size_t at) { return (1 << 20) + static_cast<sqlite3_int64>(at); }

  sqlite3_file* file_;
  std::string expected_{};
};

}  // namespace

TEST_CASE("a gathered file reads like any other, whatever is written where") {
  Random random;
  const File file;
  Sql sql(file.path, "persist");
  fill(sql);
  sql.must("BEGIN IMMEDIATE");
  sql.must("UPDATE pages SET mark = 'new' WHERE id = 1");
  Beside journal(sql.journal());
  for (int step = 0; step < 3000; ++step) {
    const auto at = static_cast<std::size_t>(random.below(200'000));
    const auto size = static_cast<std::size_t>(random.below(step % 50 == 0 ? 70'000 : 3'000) + 1);
    const auto what = random.below(8);
    if (what == 0 && at < journal.size()) journal.truncate(at);
    if (what > 0 && what < 4) journal.check(at, size);
    // Where the last one ended, as a journal is written, or anywhere.
    const std::string bytes(size, static_cast<char>('a' + random.below(26)));
    if (what > 5) journal.write(journal.size(), bytes);
    if (what == 4 || what == 5) journal.write(at, bytes);
    if (journal.size() > 250'000) journal.truncate(0);
  }
}

// ---- failures -----------------------------------------------------------------------------------

TEST_CASE("after a write that failed the connection and everybody else see the same state") {
  for (const auto& journal : kJournals) {
    for (const bool lasting : {false, true}) {
      for (int nth = 1;; nth += nth < 12 ? 1 : 5) {
        INFO("journal: " << journal << ", lasting: " << lasting << ", failing: " << nth);
        FailingDisk disk;
        const File file;
        Sql sql(file.path, journal);
        fill(sql);
        disk.fail(nth, nth % 2 == 0 ? Fault::kDiskFull : Fault::kIoError, lasting);
        const int rc = sql.run(update_to("new"));
        disk.heal();
        if (!disk.failed()) {
          REQUIRE(rc == SQLITE_OK);
          REQUIRE(nth > 4);
          break;
        }
        const std::string seen = state(sql);
        if (nth == 1) REQUIRE(seen == "old");
        REQUIRE((seen == "old" || seen == "new"));
        REQUIRE(broken(sql).empty());
        {
          Sql other(file.path, "", Sql::Through::kSystem);
          REQUIRE(state(other) == seen);
          REQUIRE(broken(other).empty());
        }
        sql.must(update_to("newer"));
        REQUIRE(state(sql) == "newer");
        Sql other(file.path, "", Sql::Through::kSystem);
        REQUIRE(state(other) == "newer");
        REQUIRE(broken(other).empty());
      }
    }
  }
}

TEST_CASE("a rollback finds in memory what could not be written to the journal") {
  FailingDisk disk;
  const File file;
  Sql sql(file.path, "persist");
  fill(sql);
  // Less than a run: nothing of it is in the file when the commit fails, nor afterwards.
  sql.must("BEGIN; UPDATE pages SET mark = 'new' WHERE id <= 8");
  disk.fail(1, Fault::kDiskFull);
  REQUIRE(sql.run("COMMIT") != SQLITE_OK);
  disk.heal();
  REQUIRE_FALSE(sql.in_transaction());
  CHECK(state(sql) == "old");
  sql.must("UPDATE pages SET fill = NULL WHERE id = 9");
  Sql other(file.path, "", Sql::Through::kSystem);
  CHECK(state(other) == "old");
  CHECK(broken(other).empty());
}

TEST_CASE("a commit whose last write failed is not made true behind its back") {
  FailingDisk disk;
  const File file;
  Sql sql(file.path, "persist");
  fill(sql);
  const int before = disk.operations();
  sql.must("UPDATE pages SET mark = 'new'");
  // The last but one erases the journal's header, the last one syncs that.
  disk.fail(disk.operations() - before - 1, Fault::kIoError);
  REQUIRE(sql.run("UPDATE pages SET mark = 'mine'") != SQLITE_OK);
  REQUIRE(disk.failed());
  CHECK(state(sql) == "new");
  CHECK(broken(sql).empty());
}

TEST_CASE("a transaction that has left a small cache is rolled back after any failure") {
  for (const auto& journal : kJournals) {
    for (int nth = 1;; nth += 3) {
      INFO("journal: " << journal << ", failing: " << nth);
      FailingDisk disk;
      const File file;
      Sql sql(file.path, journal);
      fill(sql);
      sql.must("PRAGMA cache_size = 10; BEGIN; UPDATE pages SET mark = 'mine' WHERE id = 1");
      disk.fail(nth, nth % 2 == 0 ? Fault::kDiskFull : Fault::kIoError);
      (void)sql.run(update_to("new"));
      disk.heal();
      if (sql.in_transaction()) sql.must("ROLLBACK");
      REQUIRE(state(sql) == "old");
      REQUIRE(broken(sql).empty());
      Sql other(file.path, "", Sql::Through::kSystem);
      REQUIRE(state(other) == "old");
      REQUIRE(broken(other).empty());
      if (!disk.failed()) break;
      REQUIRE(nth < 5000);
    }
  }
}

// ---- others on the same file --------------------------------------------------------------------

TEST_CASE("what was rolled back neither hides nor overwrites what others write in its place") {
  for (const auto& journal : kJournals) {
    for (const bool failing : {false, true}) {
      INFO("journal: " << journal << ", the disk fails: " << failing);
      FailingDisk disk;
      const File file;
      Sql sql(file.path, journal);
      fill(sql);
      Sql other(file.path, journal, Sql::Through::kSystem);
      REQUIRE(state(other) == "old");
      if (failing) {
        disk.fail(1, Fault::kDiskFull, true);
        REQUIRE(sql.run(update_to("mine")) != SQLITE_OK);
        disk.heal();
      } else {
        sql.must("PRAGMA cache_size = 10; BEGIN; " + update_to("mine") + "; ROLLBACK");
      }
      other.must(update_to("theirs"));
      REQUIRE(state(sql) == "theirs");
      REQUIRE(broken(sql).empty());
      sql.must("PRAGMA wal_checkpoint");
      sql.must("UPDATE pages SET mark = 'ours'");
      REQUIRE(state(other) == "ours");
      REQUIRE(broken(other).empty());
    }
  }
}

TEST_CASE("who reads while another writes sees whole transactions") {
  for (const auto& journal : kJournals) {
    INFO("journal: " << journal);
    const File file;
    Sql sql(file.path, journal);
    fill(sql);
    std::atomic<bool> done{false};
    std::atomic<bool> failed{false};
    std::string torn;
    std::atomic<int> reads{0};
    std::thread reader([&] {
      try {
        Sql other(file.path, "", Sql::Through::kSystem);
        while (!done && torn.empty()) {
          const std::string seen = state(other);
          if (contains(seen, " ")) torn = seen;
          ++reads;
        }
      } catch (const std::exception& failure) {
        torn = failure.what();
      }
      failed = !torn.empty();
    });
    for (int i = 0; i < 5000 && reads < 30 && !failed; ++i) {
      const auto began = std::chrono::steady_clock::now();
      (void)sql.run(update_to(std::to_string(i)));
      // With a rollback journal a reader waits for a moment without a writer, and looks for one
      // ever more rarely: on a slow disk such moments must be as long as the writes are.
      std::this_thread::sleep_until(2 * (std::chrono::steady_clock::now() - began) + began);
    }
    done = true;
    reader.join();
    INFO("read: " << torn);
    CHECK(torn.empty());
    CHECK(reads >= 30);
    CHECK(broken(sql).empty());
  }
}

// ---- a process that dies ------------------------------------------------------------------------

// Not a test of its own: the process that the test below lets die.
TEST_CASE("a writer that dies at one write", "[.][gathering_worker]") {
  NotingDisk disk;
  Sql sql(environment("HOLDFAST_WORKER_FILE"), environment("HOLDFAST_WORKER_JOURNAL"));
  sql.must(environment("HOLDFAST_WORKER_CACHE"));
  events.clear();
  die_at = std::stoi(environment("HOLDFAST_WORKER_DIES"));
  sql.must(update_to("new"));
}

TEST_CASE("a process killed at any write or sync leaves the old state or the new") {
  for (const auto& journal : kJournals) {
    for (const auto& cache : {"PRAGMA cache_size = 1000", "PRAGMA cache_size = 10"}) {
      int killed = 0;
      // In small steps where the journal is written and synced, then in larger ones.
      for (int nth = 1;; nth += nth < 12 ? 1 : 7) {
        INFO("journal: " << journal << ", " << cache << ", dies at: " << nth);
        const File file;
        {
          Sql sql(file.path, journal);
          fill(sql);
        }
        Process worker(self("[gathering_worker]"), "", file.path + ".out",
                       {"HOLDFAST_WORKER_FILE=" + file.path, "HOLDFAST_WORKER_JOURNAL=" + journal,
                        std::string("HOLDFAST_WORKER_CACHE=") + cache,
                        "HOLDFAST_WORKER_DIES=" + std::to_string(nth)});
        const int ended = worker.wait(30);
        Sql sql(file.path, "");
        const std::string seen = state(sql);
        REQUIRE(broken(sql).empty());
        if (ended == 0) {
          REQUIRE(seen == "new");
          break;
        }
        REQUIRE(ended == -SIGKILL);
        REQUIRE((seen == "old" || seen == "new"));
        ++killed;
      }
      CHECK(killed >= 4);
    }
  }
}

}  // namespace holdfast::test
