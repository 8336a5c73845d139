// Days are the resource's own, whatever the host's zone.
#include <chrono>
#include <string>
#include <vector>

#include "process.hpp"
#include "shop.hpp"
#include "support/catch.hpp"
#include "support/engine.hpp"

namespace holdfast::test {
namespace {

using namespace std::chrono_literals;

/// An instant, and the day that it is at the resource.
struct Moment {
  const char* zone;
  const char* utc_day;
  std::chrono::seconds utc_time;
  const char* today;
};

constexpr std::chrono::seconds at(int h, int m, int s) {
  return std::chrono::hours(h) + std::chrono::minutes(m) + std::chrono::seconds(s);
}

// A second before and a second after each local midnight.
const std::vector<Moment> kMoments = {
    // Brisbane keeps UTC+10 in winter and in summer.
    {"Australia/Brisbane", "2026-07-01", at(13, 59, 59), "2026-07-01"},
    {"Australia/Brisbane", "2026-07-01", at(14, 0, 1), "2026-07-02"},
    {"Australia/Brisbane", "2026-12-31", at(13, 59, 59), "2026-12-31"},
    {"Australia/Brisbane", "2026-12-31", at(14, 0, 1), "2027-01-01"},
    // Melbourne's 25 hours of 2026-04-05, from UTC+11 to UTC+10.
    {"Australia/Melbourne", "2026-04-04", at(12, 59, 59), "2026-04-04"},
    {"Australia/Melbourne", "2026-04-04", at(13, 0, 1), "2026-04-05"},
    {"Australia/Melbourne", "2026-04-05", at(13, 0, 1), "2026-04-05"},
    {"Australia/Melbourne", "2026-04-05", at(13, 59, 59), "2026-04-05"},
    {"Australia/Melbourne", "2026-04-05", at(14, 0, 1), "2026-04-06"},
    // Its 23 hours of 2026-10-04, back to UTC+11.
    {"Australia/Melbourne", "2026-10-03", at(13, 59, 59), "2026-10-03"},
    {"Australia/Melbourne", "2026-10-03", at(14, 0, 1), "2026-10-04"},
    {"Australia/Melbourne", "2026-10-04", at(12, 59, 59), "2026-10-04"},
    {"Australia/Melbourne", "2026-10-04", at(13, 0, 1), "2026-10-05"},
    // Apia is ahead of all; in 2011 it had no 30th of December.
    {"Pacific/Apia", "2026-05-01", at(10, 59, 59), "2026-05-01"},
    {"Pacific/Apia", "2026-05-01", at(11, 0, 1), "2026-05-02"},
    {"Pacific/Apia", "2011-12-30", at(9, 59, 59), "2011-12-29"},
    {"Pacific/Apia", "2011-12-30", at(10, 0, 1), "2011-12-31"},
    // And the far side of the date line.
    {"America/Los_Angeles", "2026-03-08", at(7, 59, 59), "2026-03-07"},
    {"America/Los_Angeles", "2026-03-08", at(8, 0, 1), "2026-03-08"},
    {"UTC", "2026-01-01", at(23, 59, 59), "2026-01-01"},
    {"UTC", "2026-01-02", at(0, 0, 1), "2026-01-02"}};

std::int64_t microseconds(const Moment& moment) {
  const auto utc_day = on(moment.utc_day).time_since_epoch();
  return std::chrono::microseconds(utc_day + moment.utc_time).count();
}

std::string expected(const Moment& moment) {
  std::string out;
  const Date today = on(moment.today);
  for (int i = -2; i <= 2; ++i) {
    out += to_string(today + std::chrono::days(i));
    out += i < 0 ? ":PAST:DATE_IN_PAST " : "::ACCEPTED:same ";
  }
  return out;
}

TEST_CASE("the day that goes in comes out, and today is the resource's", "[days]") {
  EACH_BACKEND(db);
  const DatabaseDefault server_zone(db, "timezone",
                                    db.backend().name == "postgres" ? "Pacific/Kiritimati" : "");
  for (const std::string host : {"UTC", "America/Los_Angeles", "Australia/Brisbane"}) {
    INFO("host TZ=" << host);
    Worker worker({"calendar", db.uri()}, {"TZ=" + host, "PGTZ=" + host});
    REQUIRE(worker.line() == "ready");
    for (const Moment& moment : kMoments) {
      INFO(moment.zone << " " << moment.utc_day << " +" << moment.utc_time.count() << " s");
      worker.send(std::string(moment.zone) + " " + std::to_string(microseconds(moment)) + " " +
                  moment.today);
      CHECK(worker.line() == expected(moment));
    }
  }
  if (!db.backend().persistent) return;
  // What hosts in three zones wrote reads the same from here.
  Shop shop(db);
  const auto rows = all_allocations(*shop, {});
  CHECK(rows.size() == 3 * 3 * kMoments.size());
  for (const auto& row : rows) CHECK(row.order_id == "order_" + to_string(row.dates.at(0)));
  require_sound(*shop, {on("2011-12-01"), on("2012-01-31")});
  require_sound(*shop, {on("2026-03-01"), on("2026-10-31")});
}

TEST_CASE("what was held for today is paid for after midnight", "[days]") {
  EACH_BACKEND(db);
  Shop shop(db);
  const Date today = on("2026-07-01");
  const std::string id = add_resource(*shop, 3, today, today + std::chrono::days(3), "TOUR", "");
  const auto midnight = Instant(on("2026-07-01").time_since_epoch() + 14h);
  shop.clock.set(midnight - 1s);
  const Hold held = hold(*shop, id, {today});
  const Hold other = hold(*shop, id, {today});
  shop.clock.set(midnight + 1s);
  CHECK(outcome(try_hold(*shop, id, {today})) == "DATE_IN_PAST");
  CHECK(outcome(shop->move_hold({.hold_id = other.id, .dates = {today}, .quantity = 2})) ==
        "DATE_IN_PAST");
  CHECK(confirm(*shop, held.id, "order").dates == std::vector{today});
  CHECK(outcome(shop->move_hold({.hold_id = other.id, .dates = {today + std::chrono::days(1)}})) ==
        "ACCEPTED");
  require_sound(*shop, {today, today + std::chrono::days(5)});
}

TEST_CASE("two resources can be on two days at once", "[days]") {
  EACH_BACKEND(db);
  Shop shop(db);
  shop.clock.set(Instant(on("2026-05-01").time_since_epoch() + 10h + 30min));
  const Date first = on("2026-04-29");
  const Date last = on("2026-05-05");
  const std::string apia = add_resource(*shop, 1, first, last, "TOUR", "Pacific/Apia");
  const std::string pago = add_resource(*shop, 1, first, last, "TOUR", "Pacific/Pago_Pago");
  CHECK(outcome(try_hold(*shop, apia, {on("2026-04-30")})) == "DATE_IN_PAST");
  CHECK(outcome(try_hold(*shop, pago, {on("2026-04-30")})) == "ACCEPTED");
  CHECK(outcome(try_hold(*shop, pago, {on("2026-04-29")})) == "DATE_IN_PAST");
  const auto group =
      shop->create_holds({.items = {{pago, {on("2026-05-01")}}, {apia, {on("2026-05-01")}}}});
  CHECK(outcome(group) == "ACCEPTED");
  // The zone is the resource's, and moving it moves its today.
  accepted(shop->update_resource({.resource_id = pago, .timezone = "Pacific/Kiritimati"}));
  CHECK(outcome(try_hold(*shop, pago, {on("2026-05-01")})) == "DATE_IN_PAST");
  require_sound(*shop, {first, last});
}

}  // namespace
}  // namespace holdfast::test
