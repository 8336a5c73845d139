#include "shop.hpp"

#include "support/engine.hpp"

namespace holdfast::test {
namespace {

/// Lets several engines own one store.
class SharedStorage final : public Storage {
 public:
  explicit SharedStorage(std::shared_ptr<Storage> store) : store_(std::move(store)) {}
  Result<std::int32_t> migrate() override { return store_->migrate(); }
  Result<void> transact(const Scope& scope, const DecideFn& decide,
                        const MeanwhileFn& meanwhile) override {
    return store_->transact(scope, decide, meanwhile);
  }
  Result<Snapshot> read(const Scope& scope) override { return store_->read(scope); }
  Result<ListPage> list(const ListQuery& query) override { return store_->list(query); }
  StorageCounters counters() const override { return store_->counters(); }
  std::string describe() const override { return store_->describe(); }

 private:
  std::shared_ptr<Storage> store_;
};

StorageOptions storage_options(const EngineOptions& options) {
  return {.lock_timeout = options.lock_timeout,
          .connections_max = options.lanes + options.readers + 2,
          .log = options.log,
          .clock = options.clock};
}

}  // namespace

std::string text(const Rejection& rejection) {
  std::string out = name(rejection.outcome);
  if (!rejection.field.empty()) out += " " + rejection.field + ": " + rejection.message;
  if (rejection.reason != Outcome::kAccepted) out += std::string(" for ") + name(rejection.reason);
  for (const auto& day : rejection.days) {
    out += " " + to_string(day.date) + ":" + std::to_string(day.requested) + ">" +
           std::to_string(day.available_capacity);
  }
  return out;
}

Shop::Shop(const Database& database, EngineOptions options, Seams seams)
    : database_(database), options_(std::move(options)), seams_(seams) {
  options_.clock = clock.function();
  if (!database.backend().persistent) {
    store_ = database.open_migrated(storage_options(options_), seams);
  }
  first_ = another();
}

std::unique_ptr<Engine> Shop::another(EngineOptions options) const {
  options.clock = clock.function();
  if (store_ == nullptr && seams_.lock && seams_.guard) return open_engine(database_, options);
  if (store_ == nullptr) return open_engine(database_, options, seams_);
  return must(Engine::open(storage(), std::move(options)));
}

std::unique_ptr<Storage> Shop::storage() const {
  if (store_ != nullptr) return std::make_unique<SharedStorage>(store_);
  return database_.open(storage_options(options_), seams_);
}

HeldLock::HeldLock(std::unique_ptr<Storage> storage, const std::string& key)
    : storage_(std::move(storage)) {
  std::promise<void> locked;
  thread_ = std::thread([this, key, &locked] {
    const Result<void> done = storage_->transact(scope_of({key}), [&](const Snapshot&) {
      locked.set_value();
      gate_.get_future().wait();
      return Changes{};
    });
    if (!done.ok())
      locked.set_exception(std::make_exception_ptr(std::runtime_error(describe(done.error()))));
  });
  locked.get_future().get();
}

void HeldLock::release() {
  if (!thread_.joinable()) return;
  gate_.set_value();
  thread_.join();
}

DatabaseDefault::DatabaseDefault(const Database& database, std::string parameter,
                                 const std::string& value)
    : database_(value.empty() ? nullptr : &database), parameter_(std::move(parameter)) {
  if (database_ == nullptr) return;
  database.execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET " + parameter_ +
                   " TO %L', current_database(), '" + value + "'); END $$");
}

DatabaseDefault::~DatabaseDefault() {
  if (database_ == nullptr) return;
  database_->execute("DO $$ BEGIN EXECUTE format('ALTER DATABASE %I RESET " + parameter_ +
                     "', current_database()); END $$");
}

std::vector<Setting> settings() {
  std::vector<Setting> out;
  for (const Backend& backend : backends()) {
    out.push_back({backend, {}});
    if (backend.name != "postgres") continue;
    out.push_back({backend, "repeatable read"});
    out.push_back({backend, "serializable"});
  }
  return out;
}

std::string add_resource(Engine& engine, std::int32_t places, Date first, Date last,
                         const std::string& type, const std::string& timezone) {
  const auto made =
      accepted(engine.create_resource({.type = type, .name = "a " + type, .timezone = timezone}));
  accepted(engine.initialize_capacity({.resource_id = made.resource.id,
                                       .start_date = first,
                                       .end_date = last,
                                       .daily_capacity = places}));
  return made.resource.id;
}

Reply<HoldAnswer> try_hold(Engine& engine, const std::string& resource_id, std::vector<Date> dates,
                           std::int32_t quantity, const std::string& token) {
  return engine.create_hold({.resource_id = resource_id,
                             .dates = std::move(dates),
                             .quantity = quantity,
                             .customer_email = "guest@example.com",
                             .idempotency_token = token});
}

Hold hold(Engine& engine, const std::string& resource_id, std::vector<Date> dates,
          std::int32_t quantity, const std::string& token) {
  return accepted(try_hold(engine, resource_id, std::move(dates), quantity, token)).hold;
}

Reply<AllocationAnswer> try_confirm(Engine& engine, const std::string& hold_id,
                                    const std::string& order_id, IfExpired if_expired) {
  return engine.confirm_hold({.hold_id = hold_id,
                              .order_id = order_id,
                              .line_item_id = "line_1",
                              .if_expired = if_expired});
}

Allocation confirm(Engine& engine, const std::string& hold_id, const std::string& order_id) {
  return accepted(try_confirm(engine, hold_id, order_id)).allocation;
}

Hold retrieve(Engine& engine, const std::string& hold_id) {
  return accepted(engine.retrieve_hold({.hold_id = hold_id})).hold;
}

std::int32_t available(Engine& engine, const std::string& resource_id, Date date) {
  const auto answer = accepted(engine.check_availability(
      {.resource_id = resource_id, .start_date = date, .end_date = date}));
  return answer.days.at(0).available_capacity;
}

std::vector<Hold> all_holds(Engine& engine, const ListHolds& filter) {
  std::vector<Hold> out;
  ListHolds request = filter;
  request.limit = bounds::kPageMax;
  do {
    auto page = accepted(engine.list_holds(request));
    std::move(page.items.begin(), page.items.end(), std::back_inserter(out));
    request.after = page.next;
  } while (!request.after.empty());
  return out;
}

std::vector<Allocation> all_allocations(Engine& engine, const ListAllocations& filter) {
  std::vector<Allocation> out;
  ListAllocations request = filter;
  request.limit = bounds::kPageMax;
  do {
    auto page = accepted(engine.list_allocations(request));
    std::move(page.items.begin(), page.items.end(), std::back_inserter(out));
    request.after = page.next;
  } while (!request.after.empty());
  return out;
}

std::string visible(Engine& engine, const std::string& resource_id) {
  std::string out;
  const auto report = accepted(engine.get_capacity_report(
      {.resource_id = resource_id, .start_date = day(0), .end_date = day(60)}));
  for (const auto& d : report.days) {
    out += to_string(d.date) + " " + std::to_string(d.max_capacity) + " " +
           std::to_string(d.available_capacity) + " " + std::to_string(d.held) + " " +
           std::to_string(d.booked) + (d.blackout ? " blackout\n" : "\n");
  }
  const auto answer = accepted(engine.check_availability(
      {.resource_id = resource_id, .start_date = day(0), .end_date = day(60)}));
  for (const auto& d : answer.days) {
    out += to_string(d.date) + " " + std::to_string(d.available_capacity) + " " + name(d.reason) +
           "\n";
  }
  for (Hold& row : all_holds(engine, {.resource_id = resource_id})) {
    row.updated_at = {};  // the sweep may say when it wrote
    out += text(row) + "\n";
  }
  for (const auto& row : all_allocations(engine, {.resource_id = resource_id})) {
    out += text(row) + "\n";
  }
  return out;
}

}  // namespace holdfast::test
