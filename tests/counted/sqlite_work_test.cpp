// What a batch makes SQLite do, and how many pages it writes.
#include <sqlite3.h>

#include <mutex>

#include "bounds.hpp"
#include "store.hpp"

namespace holdfast::counted {
namespace {

struct Work {
  std::int64_t statements = 0;
  std::int64_t steps = 0;
  std::int64_t pages = 0;  ///< written to the journal
};

/// Adds up what every statement of every connection does that is opened while it lives.
class Meter {
 public:
  Meter() { sqlite3_auto_extension(reinterpret_cast<void (*)()>(&Meter::on_open)); }
  Meter(const Meter&) = delete;
  Meter& operator=(const Meter&) = delete;
  ~Meter() { sqlite3_cancel_auto_extension(reinterpret_cast<void (*)()>(&Meter::on_open)); }

  /// Since the last call.
  Work take() const {
    const std::scoped_lock guard(mutex());
    return std::exchange(done(), {});
  }

 private:
  static std::mutex& mutex() {
    static std::mutex all;
    return all;
  }
  static Work& done() {
    static Work all;
    return all;
  }
  static int on_open(sqlite3* db, const char**, const void*) {
    sqlite3_trace_v2(db, SQLITE_TRACE_PROFILE, &Meter::on_done, nullptr);
    return SQLITE_OK;
  }
  static int on_done(unsigned, void*, void* statement, void*) {
    auto* of = static_cast<sqlite3_stmt*>(statement);
    int pages = 0;
    int most = 0;
    const std::scoped_lock guard(mutex());
    ++done().statements;
    // Both are read and set back to 0, because statements and connections are used again.
    done().steps += sqlite3_stmt_status(of, SQLITE_STMTSTATUS_VM_STEP, 1);
    sqlite3_db_status(sqlite3_db_handle(of), SQLITE_DBSTATUS_CACHE_WRITE, &pages, &most, 1);
    done().pages += pages;
    return 0;
  }
};

}  // namespace

TEST_CASE("a batch's work in SQLite") {
  const Meter meter;
  const test::Database db(test::Backend{.name = "sqlite"});
  const auto storage = open_shop(db.uri() + "?journal=wal");
  warm_up(*storage);
  struct Way {
    std::string name;
    std::size_t holds;
    Over over;
  };
  for (const Way& way : {Way{"sqlite.batch", kHolds, Over::kResourcesOfTheirOwn},
                         Way{"sqlite.lone", 1, Over::kOneResource}}) {
    // Several batches, because a page is split in some of them and not in others.
    constexpr std::size_t kRounds = 4;
    const auto all = static_cast<double>(kRounds * way.holds);
    (void)meter.take();
    for (std::size_t round = 0; round < kRounds; ++round)
      carry_out(*storage, Batch(way.holds, way.over, (way.holds == 1 ? 1000 : 10) + round));
    const Work work = meter.take();
    hold_to(way.name + ".statements", static_cast<double>(work.statements) / kRounds);
    hold_to(way.name + ".vm_steps_per_hold", static_cast<double>(work.steps) / all);
    hold_to(way.name + ".pages_per_hold", static_cast<double>(work.pages) / all);
  }
}

}  // namespace holdfast::counted
