// The limit on SQLite: one connection, statements prepared once, texts bound in place.
#include <sqlite3.h>

#include <chrono>

#include "limit.hpp"

namespace holdfast::bench {
namespace {

#define HOLDFAST_HOLD_COLUMNS                                                             \
  "id, resource_id, dates, quantity, customer_email, holder, idempotency_token, status, " \
  "expires_at, group_id, created_at, updated_at, item_no, fingerprint"

class Statement {
 public:
  Statement(sqlite3* database, const std::string& sql) {
    sqlite3_stmt* prepared = nullptr;
    if (sqlite3_prepare_v3(database, sql.c_str(), -1, SQLITE_PREPARE_PERSISTENT, &prepared,
                           nullptr) != SQLITE_OK) {
      die(sqlite3_errmsg(database));
    }
    statement_.reset(prepared);
  }
  Statement& bind(int index, const std::string& text) {
    sqlite3_bind_text(statement_.get(), index, text.data(), static_cast<int>(text.size()),
                      SQLITE_STATIC);
    return *this;
  }
  Statement& bind(int index, std::int64_t value) {
    sqlite3_bind_int64(statement_.get(), index, value);
    return *this;
  }
  void run() {
    int status = SQLITE_ROW;
    while (status == SQLITE_ROW) status = sqlite3_step(statement_.get());
    if (status != SQLITE_DONE) die(sqlite3_errmsg(sqlite3_db_handle(statement_.get())));
    sqlite3_reset(statement_.get());
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using DatabasePtr = std::unique_ptr<sqlite3, Close>;

void exec(sqlite3* database, const std::string& sql) {
  if (sqlite3_exec(database, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    die(sqlite3_errmsg(database));
  }
}

// The mode that the address names, as the engine takes it; TRUNCATE is there to compare with.
const char* journal_pragma(const std::string& uri, std::size_t mark) {
  const std::string journal = mark == std::string::npos ? "" : uri.substr(mark + 1);
  if (journal == "journal=wal") return "PRAGMA journal_mode = WAL";
  if (journal == "journal=persist") return "PRAGMA journal_mode = PERSIST";
  if (journal == "journal=truncate") return "PRAGMA journal_mode = TRUNCATE";
  die("the address names no journal: " + uri);
}

// With the options of the engine's own connection.
DatabasePtr open_database(const std::string& uri) {
  const std::size_t mark = uri.find('?');
  const char* journal = journal_pragma(uri, mark);
  const std::string path = uri.substr(7, mark - 7);
  sqlite3* opened = nullptr;
  const int status =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr);
  DatabasePtr database(opened);
  if (status != SQLITE_OK) die("cannot open " + path);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_ENABLE_QPSG, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(opened, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  exec(opened,
       "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA mmap_size = 0;"
       "PRAGMA temp_store = MEMORY; PRAGMA cache_size = -4096; PRAGMA secure_delete = ON;"
       "PRAGMA wal_autocheckpoint = 4096");
  exec(opened, journal);
  return database;
}

std::int64_t now_micros() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(now).count();
}

class SqliteLimit final : public LimitDatabase {
 public:
  SqliteLimit(const std::string& uri, const LimitPlan& plan)
      : database_(open_database(uri)), begin_(of("BEGIN IMMEDIATE")), commit_(of("COMMIT")) {
    write_days(plan);
  }

  void book(LimitBatch& batch) override {
    begin_.run();
    const std::int64_t now = now_micros();
    read(batch, now);
    write(batch, now);
    commit_.run();
    batch.choose();
  }

 private:
  Statement of(const std::string& sql) { return Statement(database_.get(), sql); }

  // Every day and every stay of the shop as text: which of them a batch takes is chance.
  void write_days(const LimitPlan& plan) {
    for (int day = 0; day < plan.shop.days; ++day) {
      day_texts_.push_back(to_string(plan.shop.first_day + std::chrono::days(day)));
    }
    for (std::size_t i = 0; i + static_cast<std::size_t>(plan.stay) <= day_texts_.size(); ++i) {
      std::string stay = day_texts_[i];
      for (int j = 1; j < plan.stay; ++j) stay += ',' + day_texts_[i + static_cast<std::size_t>(j)];
      stay_texts_.push_back(std::move(stay));
    }
  }
  const std::string& day(int number) const { return day_texts_[static_cast<std::size_t>(number)]; }
  const std::string& stay(int first) const { return stay_texts_[static_cast<std::size_t>(first)]; }

  void read(const LimitBatch& batch, std::int64_t now) {
    auto run = batch.runs().begin();
    mark_.bind(1, now).run();
    for (int place = 0; place < batch.resources(); ++place) {
      const std::string& resource = batch.resource(place);
      resource_.bind(1, resource).run();
      due_.bind(1, resource).bind(2, now).run();
      const int first = run->first;
      capacity_.bind(1, resource);
      for (; run != batch.runs().end() && run->place == place; ++run) {
        capacity_.bind(2, day(run->first)).bind(3, day(run->last)).run();
      }
      const int last = std::prev(run)->last;
      blackouts_.bind(1, resource).bind(2, day(first)).bind(3, day(last)).run();
    }
  }

  void write(const LimitBatch& batch, std::int64_t now) {
    for (const auto& taken : batch.taken()) {
      take_.bind(1, batch.resource(taken.place))
          .bind(2, day(taken.first))
          .bind(3, day(taken.last))
          .bind(4, taken.places)
          .run();
    }
    insert_.bind(5, now).bind(6, now + kLimitTtlMicros);
    for (const auto& hold : batch.holds()) {
      insert_.bind(1, hold.id)
          .bind(2, batch.resource(hold.place))
          .bind(3, stay(hold.first))
          .bind(4, hold.token)
          .bind(7, hold.fingerprint)
          .run();
    }
  }

  DatabasePtr database_;
  Statement begin_;
  Statement commit_;
  Statement resource_ = of("SELECT timezone, is_active, deleted_at FROM resources WHERE id = ?1");
  Statement due_ = of("SELECT " HOLDFAST_HOLD_COLUMNS
                      " FROM resource_holds INDEXED BY resource_holds_overdue "
                      "WHERE resource_id = ?1 AND status = 'ACTIVE' AND is_overdue = 1 "
                      "AND expires_at <= ?2 ORDER BY expires_at");
  Statement mark_ =
      of("UPDATE resource_holds INDEXED BY resource_holds_by_expiry SET is_overdue = 1 "
         "WHERE status = 'ACTIVE' AND is_overdue = 0 AND expires_at <= ?1");
  Statement capacity_ =
      of("SELECT date, max_capacity, available_capacity FROM resource_capacity "
         "WHERE resource_id = ?1 AND date BETWEEN ?2 AND ?3");
  Statement blackouts_ =
      of("SELECT id, resource_id, start_date, end_date, reason, created_at, deleted_at "
         "FROM resource_blackouts WHERE resource_id = ?1 AND deleted_at IS NULL "
         "AND end_date >= ?2 AND start_date <= ?3");
  Statement take_ =
      of("UPDATE resource_capacity SET available_capacity = available_capacity - ?4 "
         "WHERE resource_id = ?1 AND date BETWEEN ?2 AND ?3");
  Statement insert_ = of(std::string("INSERT INTO resource_holds (" HOLDFAST_HOLD_COLUMNS
                                     ") VALUES (?1, ?2, ?3, 1, '") +
                         kLimitEmail + "', '', ?4, 'ACTIVE', ?6, '', ?5, ?5, 0, ?7)");
  std::vector<std::string> day_texts_;
  std::vector<std::string> stay_texts_;
};

}  // namespace

std::unique_ptr<LimitDatabase> open_limit_sqlite(const std::string& uri, const LimitPlan& plan) {
  return std::make_unique<SqliteLimit>(uri, plan);
}

std::string limit_sqlite_version() { return sqlite3_libversion(); }

}  // namespace holdfast::bench
