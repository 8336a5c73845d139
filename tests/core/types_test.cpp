// Days, instants, ids, cursors and names: what is printed is what is read.
#include <set>

#include "core/cursor.hpp"
#include "core/ids.hpp"
#include "holdfast/operations.hpp"
#include "support/catch.hpp"
#include "support/random.hpp"
#include "support/rows.hpp"

namespace holdfast::test {
namespace {

namespace chr = std::chrono;
using namespace std::chrono_literals;

Instant utc(int year, unsigned month, unsigned d) {
  return Instant(chr::sys_days(chr::year(year) / chr::month(month) / chr::day(d)));
}

}  // namespace

TEST_CASE("a day that is printed reads as the same day") {
  Random random(1);
  for (Date d = bounds::kDateMin; d <= bounds::kDateMax; d += chr::days(random.between(1, 99))) {
    const std::string text = to_string(d);
    REQUIRE(text.size() == 10);
    REQUIRE(parse_date(text) == d);
  }
  CHECK(to_string(bounds::kDateMin) == "1900-01-01");
  CHECK(to_string(bounds::kDateMax) == "9999-12-31");
  CHECK(parse_date("0001-01-01").has_value());
}

TEST_CASE("a text that names no day is none") {
  for (const char* text :
       {"",           "2026",       "2026-1-01",   "2026-01-1",   "2026-13-01",  "2026-00-10",
        "2026-01-00", "2026-01-32", "2026-04-31",  "2026-02-29",  "1900-02-29",  "2100-02-29",
        "0000-01-01", "2026/01/01", "2026-01-01 ", " 2026-01-01", "2026-01-01T", "20260101",
        "2026-01/01", "+026-01-01", "-026-01-01",  "2026-0x-01",  "2026-01-0a",  "12026-01-01"}) {
    INFO(text);
    CHECK_FALSE(parse_date(text).has_value());
  }
  for (const char* text : {"2024-02-29", "2000-02-29", "2026-12-31", "2026-04-30"}) {
    INFO(text);
    CHECK(to_string(parse_date(text).value()) == text);
  }
}

TEST_CASE("weekdays are ISO: Monday is 1") {
  CHECK(iso_weekday(on("2026-02-02")) == 1);
  CHECK(iso_weekday(on("2026-02-08")) == 7);
  CHECK(iso_weekday(on("1900-01-01")) == 1);
  CHECK(iso_weekday(on("2000-01-01")) == 6);
}

TEST_CASE("instants print in UTC to the microsecond") {
  CHECK(to_string(Instant{}) == "1970-01-01T00:00:00.000000Z");
  CHECK(to_string(Instant(-1us)) == "1969-12-31T23:59:59.999999Z");
  CHECK(to_string(utc(2026, 1, 31) + 9h + 30min) == "2026-01-31T09:30:00.000000Z");
  CHECK(to_string(utc(2024, 2, 29) + 23h + 59min + 59s + 7us) == "2024-02-29T23:59:59.000007Z");
  CHECK(to_string(utc(1900, 1, 1) + 1us) == "1900-01-01T00:00:00.000001Z");
}

TEST_CASE("an id names its resource") {
  const std::string resource = resource_id(42);
  REQUIRE(core::is_resource_id(resource));
  CHECK(core::resource_of(hold_id(resource, 7), core::kHoldPrefix) == resource);
  CHECK(core::resource_of(allocation_id(resource, 7), core::kAllocationPrefix) == resource);
  CHECK(core::resource_of(blackout_id(resource, 7), core::kBlackoutPrefix) == resource);
  CHECK_FALSE(core::resource_of(hold_id(resource, 7), core::kAllocationPrefix).has_value());
  CHECK(core::capacity_id("res_01JGFJJZ000000000000000042", on("2026-02-03")) ==
        "cap_01JGFJJZ000000000000000042_20260203");
  CHECK_FALSE(core::is_resource_id(core::token_slot("res_01JGFJJZ000000000000000042")));
}

TEST_CASE("an id has one spelling, and whatever else is no id") {
  CHECK(core::is_resource_id("res_7ZZZZZZZZZZZZZZZZZZZZZZZZZ"));
  for (const char* text :
       {"", "res_", "01JGFJJZ000000000000000042", "res_8ZZZZZZZZZZZZZZZZZZZZZZZZZ",
        "res_01jgfjjz000000000000000042", "RES_01JGFJJZ000000000000000042",
        "res_01JGFJJZ00000000000000004", "res_01JGFJJZ0000000000000000421",
        "res_01JGFJJZ0000000000000000I2", "res_01JGFJJZ0000000000000000L2",
        "res_01JGFJJZ0000000000000000O2", "res_01JGFJJZ0000000000000000U2",
        "res_01JGFJJZ0000000000000000-2", "hold_01JGFJJZ000000000000000042"}) {
    INFO(text);
    CHECK_FALSE(core::is_resource_id(text));
  }
  const std::string good = hold_id(resource_id(42), 7);
  REQUIRE(core::resource_of(good, core::kHoldPrefix).has_value());
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string bad = good;
    bad[i] = bad[i] == '_' ? '0' : 'u';
    INFO(bad);
    CHECK_FALSE(core::resource_of(bad, core::kHoldPrefix).has_value());
  }
  CHECK_FALSE(core::resource_of(good + "0", core::kHoldPrefix).has_value());
  CHECK_FALSE(core::resource_of(good.substr(0, 31), core::kHoldPrefix).has_value());
}

TEST_CASE("a cursor that is printed reads as the same cursor") {
  Random random(2);
  for (int i = 0; i < 1000; ++i) {
    const Cursor cursor{utc(1900, 1, 1) + chr::microseconds(random.bits() % (1ULL << 57)),
                        hold_id(resource_id(i), i)};
    const auto read = core::parse_cursor(core::print_cursor(cursor));
    REQUIRE(read.has_value());
    REQUIRE(read->created_at == cursor.created_at);
    REQUIRE(read->id == cursor.id);
  }
  CHECK(core::parse_cursor(core::print_cursor({Instant(-5us), "a"}))->created_at == Instant(-5us));
}

TEST_CASE("a text that is no cursor is none") {
  for (const std::string& text :
       {std::string(), std::string("1"), std::string(":a"), std::string("x:a"), std::string("1x:a"),
        std::string("1 :a"), std::string("+1:a"), std::string("--1:a"), std::string("1:a'b"),
        std::string("1:a b"), std::string("1:a:b"), std::string("1:a{"), std::string("1:\xC3\xA9"),
        std::string("1:a\0b", 5), std::string("99999999999999999999:a"),
        std::string("253402300800000000:a"), std::string("-62135596800000001:a"),
        "1:" + std::string(65, 'a')}) {
    INFO(text);
    CHECK_FALSE(core::parse_cursor(text).has_value());
  }
  CHECK(core::parse_cursor("1:" + std::string(64, 'a')).has_value());
}

TEST_CASE("every enumerator has a name of its own") {
  const auto all = [](auto first, int count, const char* unknown) {
    using E = decltype(first);
    std::set<std::string> names;
    for (int i = 0; i < count; ++i) names.insert(name(static_cast<E>(i)));
    CHECK(names.size() == static_cast<std::size_t>(count));
    CHECK(names.count(unknown) == 0);
    CHECK(std::string(name(static_cast<E>(count))) == unknown);
    CHECK(std::string(name(static_cast<E>(-1))) == unknown);
  };
  all(Outcome{}, 20, "UNKNOWN_OUTCOME");
  all(Status{}, 12, "UNKNOWN_STATUS");
  all(Retry{}, 3, "UNKNOWN_RETRY");
  all(HoldStatus{}, 4, "UNKNOWN_STATUS");
  all(AllocationStatus{}, 2, "UNKNOWN_STATUS");
  all(Unavailable{}, 6, "UNKNOWN_REASON");
  CHECK(std::string(name(Outcome::kBlackoutConflict)) == "BLACKOUT_CONFLICT");
  CHECK(std::string(name(Outcome::kInsufficientCapacity)) == "INSUFFICIENT_CAPACITY");
  CHECK(std::string(name(Outcome::kHoldExpiredAndTaken)) == "HOLD_EXPIRED_AND_TAKEN");
  CHECK(std::string(name(Status::kInternal)) == "INTERNAL");
  CHECK(std::string(name(Retry::kSameToken)) == "SAME_TOKEN");
  CHECK(std::string(name(Unavailable::kSoldOut)) == "SOLD_OUT");
}

TEST_CASE("a status reads as it is printed") {
  for (int i = 0; i < 4; ++i) {
    const auto status = static_cast<HoldStatus>(i);
    CHECK(parse_hold_status(name(status)) == status);
  }
  for (int i = 0; i < 2; ++i) {
    const auto status = static_cast<AllocationStatus>(i);
    CHECK(parse_allocation_status(name(status)) == status);
  }
  CHECK_FALSE(parse_hold_status("active").has_value());
  CHECK_FALSE(parse_hold_status("").has_value());
  CHECK_FALSE(parse_hold_status("CANCELLED").has_value());
  CHECK_FALSE(parse_allocation_status("ACTIVE").has_value());
}

}  // namespace holdfast::test
