// A SQLite file that somebody else has written in: any value in any column of any row, past the
// CHECKs. Every operation answers, or fails with a status; none crashes or runs on.
#include <sqlite3.h>

#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "fuzz/bytes.hpp"
#include "holdfast/engine.hpp"

namespace holdfast::test::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr Date kDay{std::chrono::days(20'650)};
constexpr Instant kNow{kDay.time_since_epoch() - std::chrono::hours(40)};

EngineOptions options() {
  EngineOptions out;
  out.lanes = 1;
  out.readers = 1;
  out.timezone = "UTC";
  out.retry_timeout = std::chrono::milliseconds(1);
  out.clock = [] { return kNow; };
  return out;
}

template <class T>
const T& accepted(const Reply<T>& reply) {
  promise(reply.ok() && reply->accepted(), "the file is made");
  return reply->value();
}

/// The file as Holdfast leaves it, and the ids of what is in it.
struct Shop {
  fs::path path;
  std::string file;
  std::string resource, active, confirmed, allocation, blackout;

  Shop() {
    path = fs::temp_directory_path() / ("holdfast-fuzz-" + std::to_string(getpid()) + ".db");
    fill();
    std::ifstream in(path, std::ios::binary);
    file.assign(std::istreambuf_iterator<char>(in), {});
  }
  ~Shop() { fs::remove(path); }
  Shop(const Shop&) = delete;
  Shop& operator=(const Shop&) = delete;

  std::string uri() const { return "sqlite:" + path.string(); }
  void restore() const {
    for (const char* suffix : {"-journal", "-wal", "-shm"}) fs::remove(path.string() + suffix);
    std::ofstream out(path, std::ios::binary);
    out.write(file.data(), static_cast<std::streamsize>(file.size()));
  }

 private:
  void fill() {
    fs::remove(path);
    auto opened = Engine::open(uri(), options());
    promise(opened.ok(), "the file is opened");
    Engine& engine = **opened;
    promise(engine.migrate().ok(), "the file is migrated");
    CreateResource tour{.type = "TOUR", .name = "Reef"};
    tour.idempotency_token = "tour";
    resource = accepted(engine.create_resource(tour)).resource.id;
    InitializeCapacity places{.resource_id = resource, .start_date = kDay};
    places.end_date = kDay + std::chrono::days(5);
    places.daily_capacity = 5;
    places.idempotency_token = "places";
    accepted(engine.initialize_capacity(places));
    accepted(engine.adjust_capacity({.resource_id = resource,
                                     .dates = {kDay, kDay + std::chrono::days(1)},
                                     .delta = 1,
                                     .idempotency_token = "more"}));
    active = hold(engine, "a");
    confirmed = hold(engine, "b");
    allocation =
        accepted(engine.confirm_hold({.hold_id = confirmed, .order_id = "o", .line_item_id = "l"}))
            .allocation.id;
    blackout = accepted(engine.create_blackout({.resource_id = resource,
                                                .start_date = kDay + std::chrono::days(4),
                                                .end_date = kDay + std::chrono::days(5),
                                                .reason = "storm",
                                                .idempotency_token = "storm"}))
                   .blackout.id;
  }
  std::string hold(Engine& engine, std::string token) const {
    CreateHold out{.resource_id = resource, .dates = {kDay, kDay + std::chrono::days(1)}};
    out.quantity = 1;
    out.customer_email = "a@b.c";
    out.idempotency_token = std::move(token);
    return accepted(engine.create_hold(out)).hold.id;
  }
};

struct Column {
  const char* table;
  const char* name;
};
constexpr std::array kColumns = {
    Column{"resources", "id"},
    Column{"resources", "type"},
    Column{"resources", "metadata"},
    Column{"resources", "timezone"},
    Column{"resources", "is_active"},
    Column{"resources", "created_at"},
    Column{"resources", "deleted_at"},
    Column{"resource_capacity", "date"},
    Column{"resource_capacity", "max_capacity"},
    Column{"resource_capacity", "available_capacity"},
    Column{"resource_holds", "resource_id"},
    Column{"resource_holds", "id"},
    Column{"resource_holds", "dates"},
    Column{"resource_holds", "quantity"},
    Column{"resource_holds", "idempotency_token"},
    Column{"resource_holds", "item_no"},
    Column{"resource_holds", "fingerprint"},
    Column{"resource_holds", "status"},
    Column{"resource_holds", "expires_at"},
    Column{"resource_holds", "created_at"},
    Column{"resource_holds", "updated_at"},
    Column{"resource_holds", "is_overdue"},
    Column{"resource_allocations", "id"},
    Column{"resource_allocations", "hold_id"},
    Column{"resource_allocations", "dates"},
    Column{"resource_allocations", "quantity"},
    Column{"resource_allocations", "status"},
    Column{"resource_allocations", "created_at"},
    Column{"resource_allocations", "cancelled_at"},
    Column{"resource_blackouts", "id"},
    Column{"resource_blackouts", "start_date"},
    Column{"resource_blackouts", "end_date"},
    Column{"resource_blackouts", "created_at"},
    Column{"resource_blackouts", "deleted_at"},
    Column{"commands", "operation"},
    Column{"commands", "idempotency_token"},
    Column{"commands", "fingerprint"},
    Column{"commands", "outcome"},
};

// One column becomes a number or a text of the input's, in every row where it may.
void write(sqlite3* db, Bytes& bytes) {
  const Column& column = kColumns.at(bytes.below(kColumns.size()));
  const std::string sql =
      std::string("UPDATE OR IGNORE ") + column.table + " SET " + column.name + " = ?1";
  sqlite3_stmt* statement = nullptr;
  promise(sqlite3_prepare_v2(db, sql.c_str(), -1, &statement, nullptr) == SQLITE_OK, "a column");
  if (bytes.flag()) {
    sqlite3_bind_int64(statement, 1, bytes.number<std::int64_t>());
  } else {
    const std::string_view text = bytes.text(bytes.below(128));
    sqlite3_bind_text(statement, 1, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  }
  sqlite3_step(statement);  // STRICT tables keep the type, and the rest refuses nothing
  sqlite3_finalize(statement);
}

void scribble(const Shop& shop, Bytes& bytes) {
  shop.restore();
  sqlite3* db = nullptr;
  promise(sqlite3_open(shop.path.c_str(), &db) == SQLITE_OK, "the file is opened");
  sqlite3_exec(db,
               "PRAGMA synchronous = OFF; PRAGMA ignore_check_constraints = ON;"
               "PRAGMA foreign_keys = OFF; BEGIN",
               nullptr, nullptr, nullptr);
  for (std::size_t n = 1 + bytes.below(4); n > 0; --n) write(db, bytes);
  sqlite3_exec(db, "COMMIT", nullptr, nullptr, nullptr);
  sqlite3_close(db);
}

template <class Answer>
void answered(const Reply<Answer>& reply) {
  if (reply.ok()) return;
  const Status status = reply.error().status;
  promise(status != Status::kNoMemory && status != Status::kClosed, "a failure says what it is");
  promise(!reply.error().message.empty(), "a failure has words");
}

void read_all(Engine& engine, const Shop& shop) {
  const Date last = kDay + std::chrono::days(6);
  answered(engine.verify());
  answered(engine.retrieve_resource({shop.resource}));
  answered(engine.list_resources({.include_deleted = true}));
  answered(engine.check_availability({shop.resource, kDay, last, 1}));
  answered(engine.search_availability(
      {.type = "TOUR", .start_date = kDay, .end_date = last, .consecutive_days = 2}));
  answered(engine.get_capacity_report({shop.resource, kDay, last}));
  answered(engine.retrieve_hold({.hold_id = shop.active}));
  answered(engine.list_holds({}));
  answered(engine.list_allocations({}));
  answered(engine.list_blackouts({}));
  answered(engine.metrics({.resource_ids = {shop.resource}}));
}

void write_all(Engine& engine, const Shop& shop) {
  const std::vector<Date> dates = {kDay, kDay + std::chrono::days(1)};
  CreateResource tour{.type = "TOUR", .name = "Reef"};
  tour.idempotency_token = "tour";
  answered(engine.create_resource(tour));
  InitializeCapacity places{.resource_id = shop.resource, .start_date = kDay};
  places.end_date = kDay + std::chrono::days(5);
  places.daily_capacity = 5;
  places.idempotency_token = "places";
  answered(engine.initialize_capacity(places));
  answered(engine.adjust_capacity({shop.resource, dates, 1, "more"}));
  answered(engine.adjust_capacity({shop.resource, dates, 1, "still more"}));
  answered(engine.extend_hold({.hold_id = shop.active, .ttl = std::chrono::minutes(40)}));
  answered(engine.move_hold({.hold_id = shop.active, .dates = {dates[0]}}));
  answered(engine.confirm_hold({.hold_id = shop.confirmed, .order_id = "o", .line_item_id = "l"}));
  answered(engine.move_allocation({.allocation_id = shop.allocation, .dates = {dates[1]}}));
  answered(engine.cancel_allocation({.order_id = "o"}));
  answered(
      engine.create_blackout({shop.resource, kDay + std::chrono::days(4),
                              kDay + std::chrono::days(5), "storm", OnConflict::kRefuse, "storm"}));
  answered(engine.delete_blackout({.blackout_id = shop.blackout}));
  answered(engine.cleanup_expired_holds());
  answered(engine.release_hold({.hold_id = shop.active}));
  answered(engine.prune({.older_than = std::chrono::hours(24), .erase_customer_email = "a@b.c"}));
}

}  // namespace
}  // namespace holdfast::test::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace holdfast;
  using namespace holdfast::test::fuzz;
  static const Shop shop;
  Bytes bytes(data, size);
  scribble(shop, bytes);
  auto engine = Engine::open(shop.uri(), options());
  if (!engine.ok()) return 0;
  read_all(**engine, shop);
  write_all(**engine, shop);
  read_all(**engine, shop);
  return 0;
}
