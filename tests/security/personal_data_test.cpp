// Every operation, answered, refused and failed, with texts that are easy to find again; then every
// log line, message and metric, and whatever the process has printed, is searched for them.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <vector>

#include "process.hpp"
#include "shop.hpp"
#include "support/clock.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

constexpr const char* kEmail = "zoe.quartz@example.org";
constexpr const char* kHolder = "holder-amethyst-4711";
constexpr const char* kToken = "token-beryl-0815";
constexpr const char* kPassword = "password-citrine-31";

/// What stdout and stderr are given while it lives.
class Printed {
 public:
  Printed() : path_(folder_.path() + "/printed"), out_(::dup(1)), err_(::dup(2)) {
    std::fflush(nullptr);
    const int file = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ::dup2(file, 1);
    ::dup2(file, 2);
    ::close(file);
  }
  Printed(const Printed&) = delete;
  Printed& operator=(const Printed&) = delete;
  ~Printed() { restore(); }

  std::string restore() {
    std::fflush(nullptr);
    if (out_ >= 0) ::dup2(out_, 1), ::close(std::exchange(out_, -1));
    if (err_ >= 0) ::dup2(err_, 2), ::close(std::exchange(err_, -1));
    return read_file(path_);
  }

 private:
  TemporaryFolder folder_{};
  const std::string path_;
  int out_;
  int err_;
};

struct Rows {
  std::string resource{}, hold{}, other_hold{}, allocation{}, blackout{};
};

/// Each kind of request once, about `rows`, with every personal text that it can carry.
std::vector<Request> requests(const Rows& rows, const std::string& token, const char* holder) {
  const std::vector<Date> days = {future(1)};
  const std::vector<std::string> holds = {rows.hold, rows.other_hold};
  return {
      CreateResource{.type = "TOUR", .name = "Reef", .idempotency_token = token},
      UpdateResource{.resource_id = rows.resource, .name = "Reef 2", .idempotency_token = token},
      RetrieveResource{rows.resource},
      ListResources{},
      DeleteResource{.resource_id = rows.resource, .idempotency_token = token},
      RestoreResource{.resource_id = rows.resource, .idempotency_token = token},
      InitializeCapacity{.resource_id = rows.resource,
                         .start_date = future(0),
                         .end_date = future(3),
                         .daily_capacity = 9,
                         .idempotency_token = token},
      AdjustCapacity{
          .resource_id = rows.resource, .dates = days, .delta = 1, .idempotency_token = token},
      CheckAvailability{rows.resource, future(0), future(3)},
      SearchAvailability{.type = "TOUR", .start_date = future(0), .end_date = future(3)},
      GetCapacityReport{rows.resource, future(0), future(3)},
      CreateHold{.resource_id = rows.resource,
                 .dates = days,
                 .customer_email = kEmail,
                 .idempotency_token = token,
                 .holder = holder},
      CreateHolds{.items = {{rows.resource, days}},
                  .customer_email = kEmail,
                  .idempotency_token = token + "-2",
                  .holder = holder},
      ExtendHold{.hold_id = rows.hold, .holder = holder, .idempotency_token = token},
      ExtendHolds{.hold_ids = holds, .holder = holder, .idempotency_token = token + "-3"},
      MoveHold{.hold_id = rows.hold, .dates = days, .holder = holder, .idempotency_token = token},
      ConfirmHold{.hold_id = rows.hold, .order_id = "order", .holder = holder},
      ConfirmHolds{.hold_ids = holds, .order_id = "order", .holder = holder},
      ReleaseHold{.hold_id = rows.other_hold, .holder = holder},
      ReleaseHolds{.hold_ids = holds, .holder = holder},
      RetrieveHold{.hold_id = rows.hold, .holder = holder},
      ListHolds{.customer_email = kEmail},
      CleanupExpiredHolds{},
      MoveAllocation{.allocation_id = rows.allocation, .dates = days, .idempotency_token = token},
      ListAllocations{.order_id = "order"},
      CreateBlackout{.resource_id = rows.resource,
                     .start_date = future(1),
                     .end_date = future(1),
                     .reason = kEmail,
                     .idempotency_token = token},
      ListBlackouts{},
      DeleteBlackout{.blackout_id = rows.blackout, .idempotency_token = token},
      CancelAllocation{.allocation_id = rows.allocation, .idempotency_token = token},
      Migrate{},
      Verify{},
      GetMetrics{.resource_ids = {rows.resource}},
      Prune{.erase_customer_email = kEmail},
  };
}

/// Texts of an answer that a host may print or log.
std::string texts(const Reply<Value>& reply) {
  if (!reply.ok()) return describe(reply.error()) + "\n";
  if (!reply->accepted()) return reply->rejection().message + " " + reply->rejection().field + "\n";
  if (const auto* metrics = std::get_if<MetricsAnswer>(&reply->value()))
    return prometheus(*metrics);
  return {};
}

struct Tally {
  int answered = 0, refused = 0, failed = 0;
  void operator()(const Reply<Value>& reply) {
    ++(!reply.ok() ? failed : reply->accepted() ? answered : refused);
  }
};

Rows make_rows(Engine& engine, const std::string& token) {
  Rows rows{.resource = add_resource(engine, 9)};
  const auto make = [&](const std::string& suffix) {
    CreateHold request = hold_request(rows.resource, 0, token + suffix);
    request.customer_email = kEmail;
    request.holder = kHolder;
    return accepted(engine.create_hold(request)).hold.id;
  };
  rows.hold = make("-a");
  rows.other_hold = make("-b");
  rows.allocation =
      accepted(engine.confirm_hold({.hold_id = make("-c"), .order_id = "order", .holder = kHolder}))
          .allocation.id;
  rows.blackout = accepted(engine.create_blackout({.resource_id = rows.resource,
                                                   .start_date = future(8),
                                                   .end_date = future(8),
                                                   .reason = kEmail}))
                      .blackout.id;
  return rows;
}

}  // namespace

TEST_CASE("No log line, message, metric or output shows an email, holder, token or password") {
  EACH_BACKEND(db);
  const bool is_postgres = db.backend().name == "postgres";
  const std::string uri =
      db.uri() + (is_postgres ? std::string(" password=") + kPassword : std::string());
  Printed printed;
  LogLines log;
  Tally tally;
  std::string told;
  {
    TestClock clock;
    const auto engine = migrated(uri, {.retry_timeout = std::chrono::milliseconds(0),
                                       .log = log.function(),
                                       .clock = clock.function()});
    const auto play = [&](const Rows& rows, const std::string& token, const char* holder) {
      for (const Request& request : requests(rows, token, holder)) {
        const Reply<Value> reply = engine->execute(request);
        tally(reply);
        told += texts(reply);
      }
    };
    const Rows rows = make_rows(*engine, kToken);
    play(rows, std::string(kToken) + "-x", kHolder);
    play(rows, std::string(kToken) + "-x", "holder-amethyst-of-somebody-else");
    clock.advance(48h);
    play(rows, kToken, kHolder);
    if (db.backend().persistent) {
      db.execute(is_postgres ? "ALTER TABLE holdfast.resource_holds RENAME TO gone"
                             : "ALTER TABLE resource_holds RENAME TO gone");
      play(rows, std::string(kToken) + "-y", kHolder);
    }
  }
  if (is_postgres) {
    const auto opened =
        Engine::open("postgres:host=127.0.0.1 port=1 user=x password=" + std::string(kPassword));
    told += describe(opened.error());
  }
  told += log.text() + printed.restore();
  CHECK(tally.answered >= 40);
  CHECK(tally.refused >= 20);
  CHECK((tally.failed >= 10 || !db.backend().persistent));
  for (const char* secret : {"quartz", "amethyst", "beryl", "citrine", "example.org"}) {
    INFO("looking for " << secret << " in\n" << told);
    CHECK_FALSE(contains(told, secret));
  }
}

}  // namespace holdfast::test
