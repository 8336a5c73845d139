// What Holdfast is for, in ten steps: a hundred customers want the last sixteen places of a tour.
//
//   walkthrough_cpp [URI]     sqlite:PATH (sqlite:bookings.db when not given), memory:,
//   postgres://...
//
// Ends with 0 only if every step came out as it says. walkthrough.c is the same in C.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <latch>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "holdfast/engine.hpp"
#include "holdfast/version.hpp"

namespace {

using namespace std::chrono_literals;
using holdfast::Date;
using holdfast::Outcome;
using holdfast::to_string;
using std::chrono::days;

constexpr int kPlaces = 16;
constexpr int kCustomers = 100;

void expect(bool came_out, const char* what) {
  if (came_out) return;
  std::printf("NOT AS EXPECTED: %s\n", what);
  std::exit(1);
}

/// The engine's answer, yes or no. Without one (no database, no disk) there is nothing to show.
template <class T>
holdfast::Answer<T> answered(holdfast::Reply<T> reply) {
  if (reply.ok()) return std::move(reply.value());
  std::printf("%s: %s\n", name(reply.error().status), reply.error().message.c_str());
  std::exit(1);
}

/// The value of an answer that has to be yes.
template <class T>
T accepted(holdfast::Reply<T> reply) {
  auto answer = answered(std::move(reply));
  if (!answer.accepted()) expect(false, answer.rejection().message.c_str());
  return std::move(answer.value());
}

/// The reasons of an answer that has to be this no.
template <class T>
holdfast::Rejection refused(Outcome outcome, holdfast::Reply<T> reply) {
  auto answer = answered(std::move(reply));
  expect(answer.outcome() == outcome, name(outcome));
  return std::move(answer.rejection());
}

struct Shop {
  holdfast::Engine& engine;
  std::string vehicle{};
  std::string tour{};
  std::string guide{};
  Date today{};
  Date month{};      ///< the first day of next month
  Date departure{};  ///< the day that everybody wants
};

holdfast::CreateHold one_place(const Shop& shop, std::string token) {
  return {.resource_id = shop.tour,
          .dates = {shop.departure},
          .quantity = 1,
          .customer_email = token + "@example.com",
          .idempotency_token = std::move(token)};
}

int places_left(const Shop& shop) {
  const auto day = accepted(shop.engine.check_availability(
      {.resource_id = shop.tour, .start_date = shop.departure, .end_date = shop.departure}));
  return day.days.front().available_capacity;
}

// ---- the steps ----------------------------------------------------------------------------------

std::string add_resource(const Shop& shop, const char* type, const char* label) {
  return accepted(shop.engine.create_resource({.type = type, .name = label})).resource.id;
}

void add_year(const Shop& shop, const char* label, const std::string& id, int places,
              holdfast::Weekdays weekdays) {
  const auto year = accepted(shop.engine.initialize_capacity({.resource_id = id,
                                                              .start_date = shop.today,
                                                              .end_date = shop.today + days(364),
                                                              .daily_capacity = places,
                                                              .weekdays = weekdays}));
  std::printf("   %-16s %2d a day on %lld days\n", label, places,
              static_cast<long long>(year.days_created));
}

/// The engine knows what day it is where the resource is; the host's clock and TZ do not matter.
Date today_of(const Shop& shop, const std::string& id) {
  return accepted(shop.engine.metrics({.resource_ids = {id}})).use.front().today.days.front().date;
}

void set_up(Shop& shop) {
  std::printf("\n2. Three resources, and a year of capacity\n");
  shop.vehicle = add_resource(shop, "VEHICLE", "4WD wagon");
  shop.tour = add_resource(shop, "TOUR", "Island day tour");
  shop.guide = add_resource(shop, "GUIDE", "Island guide");
  shop.today = today_of(shop, shop.tour);
  shop.month = shop.today + days(1);
  while (std::chrono::year_month_day(shop.month).day() != std::chrono::day(1)) {
    shop.month += days(1);
  }
  shop.departure = shop.month + days(14);
  std::printf("   today in Australia/Brisbane is %s\n", to_string(shop.today).c_str());
  constexpr holdfast::Weekdays kNotOnMondays = holdfast::kEveryDay & ~1;
  add_year(shop, "4WD wagon", shop.vehicle, 1, holdfast::kEveryDay);
  add_year(shop, "Island day tour", shop.tour, kPlaces, holdfast::kEveryDay);
  add_year(shop, "Island guide", shop.guide, 1, kNotOnMondays);
}

void print_day(const holdfast::AvailabilityDay& day) {
  const unsigned of_month{std::chrono::year_month_day(day.date).day()};
  if (day.reason == holdfast::Unavailable::kBlackout) {
    std::printf(" %2u:--", of_month);
  } else {
    std::printf(" %2u:%-2d", of_month, day.available_capacity);
  }
  if (holdfast::iso_weekday(day.date) == 7) std::printf("\n");
}

void print_calendar(const Shop& shop) {
  Date end = shop.month + days(27);
  while (std::chrono::year_month_day(end + days(1)).day() != std::chrono::day(1)) end += days(1);
  const auto month = accepted(shop.engine.check_availability(
      {.resource_id = shop.tour, .start_date = shop.month, .end_date = end}));
  std::printf("\n     Mon   Tue   Wed   Thu   Fri   Sat   Sun\n  ");
  for (unsigned i = 1; i < holdfast::iso_weekday(shop.month); ++i) std::printf("      ");
  for (const auto& day : month.days) {
    print_day(day);
    if (holdfast::iso_weekday(day.date) == 7 && day.date != end) std::printf("  ");
  }
  if (holdfast::iso_weekday(end) != 7) std::printf("\n");
  expect(month.days.front().date == shop.month, "the calendar starts on the first of the month");
  expect(month.days[14].date == shop.departure, "and has a row for each of its days");
}

void show_calendar(const Shop& shop) {
  std::printf("\n3. The tour's calendar for %.7s: day:places left (--: no boat, a blackout)\n",
              to_string(shop.month).c_str());
  (void)accepted(shop.engine.create_blackout({.resource_id = shop.tour,
                                              .start_date = shop.month + days(20),
                                              .end_date = shop.month + days(21),
                                              .reason = "the boat is in the dock"}));
  print_calendar(shop);
  expect(places_left(shop) == kPlaces, "all places of the day are free");
}

/// Returns the holds that were made.
std::vector<holdfast::Hold> rush(const Shop& shop) {
  std::printf("\n4. %d customers go for the last %d places on %s at once\n", kCustomers, kPlaces,
              to_string(shop.departure).c_str());
  std::vector<holdfast::Reply<holdfast::HoldAnswer>> replies(kCustomers, holdfast::Error{});
  std::latch start(kCustomers);
  {
    std::vector<std::jthread> customers;
    for (int i = 0; i < kCustomers; ++i) {
      customers.emplace_back([&shop, &start, &reply = replies[static_cast<std::size_t>(i)], i] {
        start.arrive_and_wait();
        reply = shop.engine.create_hold(one_place(shop, "cart-" + std::to_string(i)));
      });
    }
  }
  std::vector<holdfast::Hold> held;
  int sold_out = 0;
  for (auto& reply : replies) {
    auto answer = answered(std::move(reply));
    if (answer.accepted()) {
      held.push_back(answer->hold);
      continue;
    }
    expect(answer.outcome() == Outcome::kInsufficientCapacity, "no other reason to refuse");
    const auto& day = answer.rejection().days.at(0);
    expect(day.date == shop.departure && day.available_capacity == 0, "told the day, 0 left");
    ++sold_out;
  }
  std::printf("   %zu hold a place\n   %d were refused: %s, %s has 0 left\n", held.size(), sold_out,
              name(Outcome::kInsufficientCapacity), to_string(shop.departure).c_str());
  expect(held.size() == kPlaces && sold_out == kCustomers - kPlaces, "16 hold, 84 are refused");
  return held;
}

void retry_with_token(const Shop& shop, const holdfast::Hold& hold) {
  std::printf("\n5. A customer's request arrives twice (a retry with the same token)\n");
  const auto again = accepted(shop.engine.create_hold(one_place(shop, hold.idempotency_token)));
  std::printf("   first  %s\n   again  %s (%s)\n", hold.id.c_str(), again.hold.id.c_str(),
              again.replayed ? "replayed" : "a second one");
  expect(again.replayed && again.hold.id == hold.id, "the same hold is answered");
}

void confirm_release_extend(const Shop& shop, const std::vector<holdfast::Hold>& held) {
  std::printf("\n6. One pays, one changes their mind, one needs more time\n");
  const auto booked = accepted(shop.engine.confirm_hold(
      {.hold_id = held[0].id, .order_id = "order-1001", .line_item_id = "item-1"}));
  std::printf("   confirmed  %s for %s\n", booked.allocation.id.c_str(),
              booked.allocation.order_id.c_str());
  const auto released = accepted(shop.engine.release_hold({.hold_id = held[1].id}));
  std::printf("   released   now %s, %d place is free\n", name(released.hold.status),
              places_left(shop));
  const auto extended = accepted(shop.engine.extend_hold({.hold_id = held[2].id, .ttl = 2h}));
  const auto gained = extended.hold.expires_at - held[2].expires_at;
  std::printf("   extended   by more than %lld minutes\n",
              static_cast<long long>(std::chrono::floor<std::chrono::hours>(gained).count() * 60));
  expect(booked.allocation.hold_id == held[0].id, "the allocation names its hold");
  expect(places_left(shop) == 1, "the released place is free");
  expect(gained > 1h && gained <= 2h, "the extended hold ends two hours from now");
}

void run_out(const Shop& shop) {
  std::printf("\n7. The free place is held for two seconds and not paid\n");
  auto short_hold = one_place(shop, "cart-hesitant");
  short_hold.ttl = 2s;
  const auto hesitant = accepted(shop.engine.create_hold(short_hold));
  const auto early = refused(Outcome::kInsufficientCapacity,
                             shop.engine.create_hold(one_place(shop, "cart-next")));
  std::printf("   within the two seconds  the next customer: %s\n", name(early.outcome));
  std::this_thread::sleep_for(2200ms);
  const auto next = accepted(shop.engine.create_hold(one_place(shop, "cart-next")));
  std::printf("   after them              the next customer: %s\n", name(next.hold.status));
  const auto late =
      refused(Outcome::kHoldExpired,
              shop.engine.confirm_hold({.hold_id = hesitant.hold.id, .order_id = "order-1002"}));
  std::printf("                           the first one pays: %s\n", name(late.outcome));
  expect(places_left(shop) == 0, "the place is sold again, once");
}

void refuse_blackout(const Shop& shop) {
  std::printf("\n8. Bad weather: close %s\n", to_string(shop.departure).c_str());
  const auto conflict =
      refused(Outcome::kBlackoutConflict, shop.engine.create_blackout({.resource_id = shop.tour,
                                                                       .start_date = shop.departure,
                                                                       .end_date = shop.departure,
                                                                       .reason = "storm warning"}));
  std::printf("   %s: %zu booking and %zu holds are in the way\n", name(conflict.outcome),
              conflict.allocations.size(), conflict.holds.size());
  for (const auto& allocation : conflict.allocations) {
    std::printf("   %s (%s)\n", allocation.id.c_str(), allocation.order_id.c_str());
  }
  for (const auto& hold : conflict.holds) std::printf("   %s\n", hold.id.c_str());
  expect(conflict.allocations.size() == 1, "the booking is listed");
  expect(conflict.holds.size() == kPlaces - 1, "and every hold");
}

void report(const Shop& shop) {
  std::printf("\n9. The capacity report\n");
  const auto report =
      accepted(shop.engine.get_capacity_report({.resource_id = shop.tour,
                                                .start_date = shop.departure - days(1),
                                                .end_date = shop.departure + days(1)}));
  std::printf("   %-10s %4s %5s %5s %7s %5s\n", "day", "max", "free", "held", "booked", "used");
  for (const auto& day : report.days) {
    std::printf("   %s %4d %5d %5d %7d %4.0f%%\n", to_string(day.date).c_str(), day.max_capacity,
                day.available_capacity, day.held, day.booked, 100 * utilisation(day));
  }
  const auto& day = report.days.at(1);
  expect(day.available_capacity == 0 && day.held == kPlaces - 1 && day.booked == 1,
         "15 held, 1 booked, none free");
}

void audit(const Shop& shop) {
  std::printf("\n10. The books\n");
  const auto verified = accepted(shop.engine.verify());
  std::printf("   verify: %zu violations\n", verified.violations.size());
  expect(verified.violations.empty(), "every day adds up: max = free + held + booked");
  const std::string text = prometheus(accepted(shop.engine.metrics()));
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.starts_with("holdfast_holds_") || line.starts_with("holdfast_rejections_")) {
      std::printf("   %.*s\n", static_cast<int>(line.size()), line.data());
    }
  }
  expect(text.find("holdfast_holds_created_total 18\n") != std::string::npos, "18 holds made");
  expect(text.find("{reason=\"INSUFFICIENT_CAPACITY\"} 85\n") != std::string::npos, "85 refused");
}

}  // namespace

int main(int argc, char** argv) {
  const std::string uri = argc > 1 ? argv[1] : "sqlite:bookings.db";
  auto engine = holdfast::Engine::open(uri);
  if (!engine.ok()) {
    std::printf("%s: %s\n", name(engine.error().status), engine.error().message.c_str());
    return 1;
  }
  std::printf("Holdfast %s\n\n1. Migrate the database\n", HOLDFAST_VERSION);
  Shop shop{.engine = **engine};
  std::printf("   schema version %d\n", accepted(shop.engine.migrate()).schema_version);
  set_up(shop);
  show_calendar(shop);
  const auto held = rush(shop);
  retry_with_token(shop, held.front());
  confirm_release_extend(shop, held);
  run_out(shop);
  refuse_blackout(shop);
  report(shop);
  audit(shop);
  std::printf("\nEverything came out as stated.\n");
  return 0;
}
